import type { Receipt } from "../../contract/receipt.ts";
import type { FrozenSplit } from "../../ledger/frozen-input.ts";
import type { RecordedRun } from "../open-run.ts";
import { NearIds } from "./near-ids.ts";
import { type LoggedSample, readOutcomes } from "./read-outcomes.ts";
import { fileNamed, mayHold, type SampleNames } from "./sample-names.ts";

/** A sample that was read from the input, as its task logged it. */
export interface FoundSample {
  readonly split: FrozenSplit;
  readonly logged: LoggedSample;
}

/** What a name stands for in a run. */
export interface Found {
  readonly samples: readonly FoundSample[];
  /** Splits of the file that was named, or where a sample of that id belongs. */
  readonly splits: readonly (FrozenSplit & { readonly receipt: Receipt | undefined })[];
  /** Path of the input file that was named. */
  readonly file: string | undefined;
  /** Ids among those looked at that are most like the name. */
  readonly near: readonly string[];
}

type Candidate = FrozenSplit & {
  /** Place of the file that was named in the split. */
  readonly file: number | undefined;
};

/** Samples that one name may stand for, at most: ids that records bring along need not be unique. */
const mostSamples = 5;

/**
 * Finds what was named: first in the splits that the name tells of; in all others only when there is nothing.
 * Costs the frozen input, the receipts, and the logs that are looked into.
 */
export async function findSample(run: RecordedRun, names: SampleNames): Promise<Found> {
  const candidates = await candidatesOf(run, names);
  const receipts = await receiptsOf(run, candidates);
  const splits = candidates.map((candidate) => ({ ...candidate, receipt: receipts.get(candidate.index) }));
  const named = candidates.find(({ file }) => file !== undefined);
  const file = named?.file === undefined ? undefined : named.split.files[named.file]?.uri;
  const near = new NearIds(names.text);
  const samples: FoundSample[] = [];
  for (const candidate of splits) {
    if (samples.length >= mostSamples) break;
    if (candidate.receipt !== undefined)
      samples.push(...(await searchLog(run, candidate.receipt, candidate, names, near)));
  }
  const isAnswered = samples.length > 0 || file !== undefined || splits.some(({ receipt }) => receipt === undefined);
  if (!isAnswered) samples.push(...(await searchOthers(run, receipts, names, near)));
  return { samples: samples.slice(0, mostSamples), splits, file, near: near.best };
}

async function candidatesOf(run: RecordedRun, names: SampleNames): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for await (const { index, split } of run.splits()) {
    const file = fileNamed(names, split);
    if (file !== undefined || mayHold(names, split)) candidates.push({ index, split, file });
  }
  return candidates;
}

async function receiptsOf(run: RecordedRun, candidates: readonly FrozenSplit[]): Promise<ReadonlyMap<number, Receipt>> {
  const wanted = new Set(candidates.map(({ index }) => index));
  const receipts = new Map<number, Receipt>();
  if (wanted.size === 0) return receipts;
  for await (const receipt of run.receipts()) {
    if (receipt.stage === 0 && wanted.has(receipt.split)) receipts.set(receipt.split, receipt);
  }
  return receipts;
}

async function searchLog(
  run: RecordedRun,
  receipt: Receipt,
  { index, split, file }: Candidate,
  names: SampleNames,
  near: NearIds,
): Promise<readonly FoundSample[]> {
  if (receipt.outcomes === undefined) return [];
  const found: FoundSample[] = [];
  let withFile: LoggedSample | undefined;
  for await (const logged of readOutcomes(run, receipt.outcomes)) {
    if (logged.outcomes.some(({ line }) => names.ids.includes(line.id))) {
      found.push({ split: { index, split }, logged });
    }
    if (file !== undefined && logged.file !== undefined && logged.file <= file) withFile = logged;
    for (const { line } of logged.outcomes) near.offer(line.id);
  }
  if (found.length > 0) return found;
  return withFile === undefined ? [] : [{ split: { index, split }, logged: withFile }];
}

/** Ids that records bring along can be anywhere: every log is read until one is found. */
async function searchOthers(
  run: RecordedRun,
  searched: ReadonlyMap<number, Receipt>,
  names: SampleNames,
  near: NearIds,
): Promise<readonly FoundSample[]> {
  for await (const receipt of run.receipts()) {
    if (receipt.stage !== 0 || searched.has(receipt.split)) continue;
    const split = { files: [], bytes: 0 };
    const found = await searchLog(run, receipt, { index: receipt.split, split, file: undefined }, names, near);
    if (found.length > 0) return withSplits(run, found);
  }
  return [];
}

async function withSplits(run: RecordedRun, found: readonly FoundSample[]): Promise<readonly FoundSample[]> {
  for await (const place of run.splits()) {
    if (found.some((sample) => sample.split.index === place.index))
      return found.map(({ logged }) => ({ split: place, logged }));
  }
  return found;
}
