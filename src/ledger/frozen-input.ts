import { z } from "zod";
import type { Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import type { FrozenInput } from "./entry.ts";
import { readIntact, sha256Of } from "./intact-object.ts";
import type { LedgerStore } from "./ledger-store.ts";

const chunkSplits = 1000;
const chunkBytes = 4 * 2 ** 20;

export const inputPrefix = "inputs/";

/** The run whose frozen input an object is part of. */
export function inputRunId(objectName: string): string | undefined {
  return /^inputs\/(.+)-\d{6,}\.jsonl$/.exec(objectName)?.[1];
}

const split: z.ZodType<Split> = z.strictObject({
  files: z.array(z.strictObject({ uri: z.string(), bytes: z.number(), version: z.string() })),
  locator: z.json().exactOptional(),
  bytes: z.number(),
  samples: z.number().exactOptional(),
});

/**
 * Writes the splits of a run into the ledger's store, in order, in bounded memory. Names carry the
 * run's id, so that what a killed start leaves behind is in nobody's way. Rejects with INPUT_EMPTY
 * when there is no split.
 */
export async function freezeInput(
  store: LedgerStore,
  runId: string,
  splits: AsyncIterable<Split>,
): Promise<FrozenInput> {
  const chunks: { name: string; splits: number; sha256: string }[] = [];
  let lines: string[] = [];
  let pendingBytes = 0;
  let count = 0;
  let bytes = 0;
  let samples: number | null = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    const content = Buffer.from(lines.join(""), "utf8");
    const name = `${inputPrefix}${runId}-${String(chunks.length).padStart(6, "0")}.jsonl`;
    await store.putIfAbsent(name, content);
    chunks.push({ name, splits: lines.length, sha256: sha256Of(content) });
    lines = [];
    pendingBytes = 0;
  };
  for await (const split of splits) {
    const line = `${JSON.stringify(split)}\n`;
    lines.push(line);
    pendingBytes += line.length;
    count++;
    bytes += split.bytes;
    samples = samples === null || split.samples === undefined ? null : samples + split.samples;
    if (lines.length >= chunkSplits || pendingBytes >= chunkBytes) await flush();
  }
  await flush();
  if (count === 0)
    throw new PipelineError("INPUT_EMPTY", "the source found nothing to read: expected at least one sample");
  return { chunks, splits: count, bytes, samples };
}

/** A split, and its place among all. */
export interface FrozenSplit {
  readonly index: number;
  readonly split: Split;
}

/**
 * The frozen splits, in order, one chunk in memory at a time. Chunks of which `isNeeded` says no are not read: it
 * gets the index of their first split and that behind their last. Rejects with LEDGER_CORRUPT when a chunk is not
 * what was frozen.
 */
export async function* readFrozenInput(
  store: LedgerStore,
  input: FrozenInput,
  isNeeded: (first: number, end: number) => boolean = () => true,
): AsyncGenerator<FrozenSplit> {
  let index = 0;
  for (const chunk of input.chunks) {
    const end = index + chunk.splits;
    if (!isNeeded(index, end)) {
      index = end;
      continue;
    }
    const content = await readIntact(store, chunk);
    for (const line of content.toString("utf8").split("\n")) {
      if (line !== "") yield { index: index++, split: split.parse(JSON.parse(line)) };
    }
  }
}
