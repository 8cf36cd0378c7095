import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Split } from "../contract/source.ts";
import { readIntact, sha256Of } from "./intact-object.ts";
import type { InputPart } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import type { FrozenInput } from "./state-record.ts";

const chunkSplits = 1000;
const chunkBytes = 4 * 2 ** 20;

export const inputPrefix = "inputs/";

/** Whose frozen input an object is part of: the id of a run, or what `additionScope` gave. */
export function inputScope(objectName: string): string | undefined {
  return /^inputs\/(.+)-\d{6,}\.jsonl$/.exec(objectName)?.[1];
}

/** Of input that the entry of that number is to add. */
export function additionScope(number: number): string {
  return `added-${String(number).padStart(6, "0")}-${randomUUID()}`;
}

/** The number of the entry that input of this scope was written for; undefined for that of a run. */
export function additionNumber(scope: string): number | undefined {
  const digits = /^added-(\d{6,})-/.exec(scope)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

const split: z.ZodType<Split> = z.strictObject({
  files: z.array(z.strictObject({ uri: z.string(), bytes: z.number(), version: z.string() })),
  locator: z.json().exactOptional(),
  bytes: z.number(),
  samples: z.number().exactOptional(),
});

/**
 * Writes splits into the ledger's store, in order, in bounded memory. Names carry `scope`, the run's id or that of an
 * addition, so that what a killed start leaves behind is in nobody's way. Undefined when there is no split.
 */
export async function freezeInput(
  store: LedgerStore,
  scope: string,
  splits: AsyncIterable<Split>,
): Promise<FrozenInput | undefined> {
  const chunks: { name: string; splits: number; sha256: string }[] = [];
  let lines: string[] = [];
  let pendingBytes = 0;
  let count = 0;
  let bytes = 0;
  let samples: number | null = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    const content = Buffer.from(lines.join(""), "utf8");
    const name = `${inputPrefix}${scope}-${String(chunks.length).padStart(6, "0")}.jsonl`;
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
  return count === 0 ? undefined : { chunks, splits: count, bytes, samples };
}

/** A split, and its number. */
export interface FrozenSplit {
  readonly index: number;
  readonly split: Split;
}

/**
 * The frozen splits, in order, one chunk in memory at a time. Chunks of which `isNeeded` says no are not read: it
 * gets the number of their first split and that behind their last. Rejects with LEDGER_CORRUPT when a chunk is not
 * what was frozen.
 */
export async function* readFrozenInput(
  store: LedgerStore,
  input: readonly InputPart[],
  isNeeded: (first: number, end: number) => boolean = () => true,
): AsyncGenerator<FrozenSplit> {
  for (const { firstSplit, chunks } of input) {
    let index = firstSplit;
    for (const chunk of chunks) {
      const first = index;
      index += chunk.splits;
      if (isNeeded(first, index)) yield* readChunk(store, chunk, first);
    }
  }
}

async function* readChunk(
  store: LedgerStore,
  chunk: FrozenInput["chunks"][number],
  first: number,
): AsyncGenerator<FrozenSplit> {
  const content = await readIntact(store, chunk);
  let index = first;
  for (const line of content.toString("utf8").split("\n")) {
    if (line !== "") yield { index: index++, split: split.parse(JSON.parse(line)) };
  }
}
