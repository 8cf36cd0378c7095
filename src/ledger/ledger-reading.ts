import type { Receipt } from "../contract/receipt.ts";
import { PipelineError } from "../model/errors.ts";
import {
  checkpointName,
  checkpointNumber,
  entryPrefix,
  type LedgerEntry,
  parseEntry,
  parseSnapshot,
  type Snapshot,
  snapshotName,
  snapshotPrefix,
  snapshotSequence,
} from "./entry.ts";
import { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { readSegment } from "./receipt-segments.ts";

/** Rejects with INPUT_NOT_FOUND when there is no such entry, or not any more. */
export async function readEntry(store: LedgerStore, number: number): Promise<LedgerEntry> {
  const name = `${checkpointName(number)}.json`;
  return parseEntry(await store.get(name), name, store.location);
}

/** Rejects with INPUT_NOT_FOUND when there is no such snapshot, or not any more. */
export async function readSnapshot(store: LedgerStore, sequence: number): Promise<Snapshot> {
  const name = snapshotName(sequence);
  return parseSnapshot(await store.get(name), name, store.location);
}

/** Ascending. The last is the newest; what another writer has folded away may come back below it, and means nothing. */
export async function snapshotSequences(store: LedgerStore): Promise<readonly number[]> {
  return numbersOf(store, snapshotPrefix, snapshotSequence);
}

/** Where readers may begin. */
export interface SnapshotPlace {
  /** 1 for the first snapshot of a ledger, without gaps. */
  readonly sequence: number;
  /** Of the entry whose state it is. */
  readonly number: number;
}

/** The place of a ledger that has no snapshot. */
export const noSnapshot: SnapshotPlace = { sequence: 0, number: 0 };

/** The newest snapshot. Reads it only where it is not the one that is `known` already. */
export async function newestSnapshot(store: LedgerStore, known = noSnapshot): Promise<SnapshotPlace> {
  for (;;) {
    const sequence = (await snapshotSequences(store)).at(-1) ?? 0;
    if (sequence === known.sequence) return known;
    try {
      return { sequence, number: (await readSnapshot(store, sequence)).state.number };
    } catch (error) {
      if (!isGone(error) || (await snapshotSequences(store)).at(-1) === sequence) throw error;
    }
  }
}

/** Number of the entry that the oldest snapshot is of: 1 where there is none. Entries before it may be gone. */
export async function oldestSnapshotNumber(store: LedgerStore): Promise<number> {
  const [first] = await snapshotSequences(store);
  return first === undefined ? 1 : (await readSnapshot(store, first)).state.number;
}

/** The newest snapshot of an entry up to the given one. */
export async function snapshotUpTo(store: LedgerStore, number: number): Promise<SnapshotPlace> {
  for (const sequence of [...(await snapshotSequences(store))].reverse()) {
    const { state } = await readSnapshot(store, sequence);
    if (state.number <= number) return { sequence, number: state.number };
  }
  return noSnapshot;
}

/** Ascending. */
export async function entryNumbers(store: LedgerStore): Promise<readonly number[]> {
  return numbersOf(store, entryPrefix, checkpointNumber);
}

/** Other writers fold entries away while we read: each time we begin again at a newer snapshot. */
export const mostReloads = 20;

/** True when the error says that an object is not there: with a ledger, that it was folded away meanwhile. */
export function isGone(error: unknown): boolean {
  return error instanceof PipelineError && error.code === "INPUT_NOT_FOUND";
}

/**
 * The state after the last entry, and the snapshot that it was read from. Reads one snapshot and the entries behind
 * it. Rejects with LEDGER_CORRUPT when an entry is missing.
 */
export async function readState(
  store: LedgerStore,
): Promise<{ readonly state: LedgerState; readonly snapshot: SnapshotPlace }> {
  const sequence = (await snapshotSequences(store)).at(-1) ?? 0;
  const state = await stateOfSnapshot(store, sequence);
  const snapshot = { sequence, number: state.number };
  const numbers = (await entryNumbers(store)).filter((number) => number > snapshot.number);
  for (const number of numbers) {
    if (number !== state.number + 1) {
      // Another writer may have folded the missing one away since the snapshots were listed.
      if (((await snapshotSequences(store)).at(-1) ?? 0) > sequence) return readState(store);
      throw new PipelineError(
        "LEDGER_CORRUPT",
        `${store.location} lacks ${checkpointName(state.number + 1)}.json, but has ${checkpointName(number)}.json`,
      );
    }
    applyEntry(state, await readEntry(store, number), store);
  }
  return { state, snapshot };
}

/** The state after the given entry. Rejects with INPUT_NOT_FOUND when it was folded away, or never was. */
export async function readStateAt(store: LedgerStore, number: number): Promise<LedgerState> {
  return readStateFrom(store, await snapshotUpTo(store, number), number);
}

/** The state after the given entry, from the given snapshot on. Rejects as `readStateAt` does. */
export async function readStateFrom(store: LedgerStore, from: SnapshotPlace, number: number): Promise<LedgerState> {
  const state = await stateOfSnapshot(store, from.sequence);
  while (state.number < number) applyEntry(state, await readEntry(store, state.number + 1), store);
  return state;
}

/** Throws LEDGER_CORRUPT unless the first entry, and only it, begins a run. */
export function applyEntry(state: LedgerState, entry: LedgerEntry, store: LedgerStore): void {
  const number = state.number + 1;
  if ((entry.type === "start") !== (number === 1)) {
    throw new PipelineError(
      "LEDGER_CORRUPT",
      `${checkpointName(number)}.json in ${store.location} is a ${entry.type} entry: the first entry, and only it, begins a run`,
    );
  }
  state.apply(entry);
}

/** The receipts that count in a state, in the order of their commits, read anew: they are not kept in memory. */
export async function* readReceipts(store: LedgerStore, state: LedgerState): AsyncGenerator<Receipt> {
  for (const segment of state.segments) yield* await readSegment(store, segment);
  yield* readUnfolded(store, state);
}

/** The receipts that no segment of the state holds yet. */
export async function* readUnfolded(store: LedgerStore, state: LedgerState): AsyncGenerator<Receipt> {
  for (const number of state.unfolded) {
    const entry = await readEntry(store, number);
    if (entry.type === "commit") yield* entry.receipts;
  }
}

async function stateOfSnapshot(store: LedgerStore, sequence: number): Promise<LedgerState> {
  if (sequence === 0) return new LedgerState();
  const { start, state } = await readSnapshot(store, sequence);
  return LedgerState.fromRecord(start, state);
}

async function numbersOf(
  store: LedgerStore,
  prefix: string,
  numberOf: (name: string) => number | undefined,
): Promise<readonly number[]> {
  const numbers: number[] = [];
  for await (const name of store.names(prefix)) {
    const number = numberOf(name);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}
