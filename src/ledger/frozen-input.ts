import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Split } from "../contract/source.ts";
import { readIntact, sha256Of } from "./intact-object.ts";
import type { InputPart } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import type { FrozenInput } from "./state-record.ts";

const chunkSplits = 1000;
/** Held by who writes a chunk, and by who reads it for as long as its splits are worked on. */
const chunkBytes = 2 ** 20;
const lineEnd = 0x0a;

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
  let lines: Buffer[] = [];
  let pendingBytes = 0;
  let count = 0;
  let bytes = 0;
  let samples: number | null = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    const content = Buffer.concat(lines, pendingBytes);
    const name = `${inputPrefix}${scope}-${String(chunks.length).padStart(6, "0")}.jsonl`;
    await store.putIfAbsent(name, content);
    chunks.push({ name, splits: lines.length, sha256: sha256Of(content) });
    lines = [];
    pendingBytes = 0;
  };
  for await (const split of splits) {
    // As bytes: long strings that wait would be found by marking the whole heap alone.
    const line = Buffer.from(`${JSON.stringify(split)}\n`);
    lines.push(line);
    pendingBytes += line.byteLength;
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
  // Line by line: a chunk's splits as text and objects take many times what its bytes do.
  for (let start = 0; start < content.byteLength; ) {
    const end = content.indexOf(lineEnd, start);
    const line = content.toString("utf8", start, end < 0 ? content.byteLength : end);
    start = end < 0 ? content.byteLength : end + 1;
    yield { index: index++, split: split.parse(JSON.parse(line)) };
  }
}
