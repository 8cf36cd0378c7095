import { checkpointName, encodeObject, ledgerVersion, snapshotName } from "./entry.ts";
import { additionNumber, inputPrefix, inputScope } from "./frozen-input.ts";
import {
  entryNumbers,
  isGone,
  newestSnapshot,
  readEntry,
  readSnapshot,
  readStateFrom,
  readUnfolded,
  type SnapshotPlace,
  snapshotSequences,
  snapshotUpTo,
} from "./ledger-reading.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { appendReceipts, segmentOrigin, segmentPrefix } from "./receipt-segments.ts";

/**
 * Keeps the last `keep` of `last` entries: writes a snapshot of the oldest of them, then removes what lies before it.
 * Idempotent, and safe beside other coordinators: a snapshot stands before anything that it replaces goes, what a
 * reader that begins now needs is never removed, and what another writer has not yet mentioned is left alone.
 */
export async function retain(store: LedgerStore, last: number, keep: number, runId: string): Promise<void> {
  const oldest = Math.max(1, last - keep + 1);
  for (let newest = await newestSnapshot(store); newest.number < oldest; newest = await newestSnapshot(store))
    await writeSnapshot(store, newest, oldest);
  const base = await snapshotUpTo(store, oldest);
  for (const sequence of await snapshotSequences(store)) {
    if (sequence < base.sequence) await store.remove(snapshotName(sequence));
  }
  // While the entries are there to tell what they added.
  await removeInput(store, base, runId);
  for (const number of await entryNumbers(store)) {
    if (number < base.number) await store.remove(`${checkpointName(number)}.json`);
  }
  await removeSegments(store, base);
}

/**
 * Each snapshot follows from the one before it, and where two writers race for a place one wins: so what a snapshot
 * no longer mentions, none behind it mentions again.
 */
async function writeSnapshot(store: LedgerStore, before: SnapshotPlace, number: number): Promise<void> {
  const sequence = before.sequence + 1;
  const state = await readStateFrom(store, before, number);
  if (state.start === undefined) throw new RangeError(`no run begins before entry ${number}`);
  const origin = { of: "snapshot", number: sequence } as const;
  const segments = await appendReceipts(store, state.segments, readUnfolded(store, state), origin);
  await store.putIfAbsent(
    snapshotName(sequence),
    encodeObject({ version: ledgerVersion, start: state.start, state: state.toRecord(segments) }),
  );
}

/**
 * Removes the input that other starts had frozen, and that of additions which lost the race for their number. What an
 * entry has once added stays: somebody may be about to go back to it.
 */
async function removeInput(store: LedgerStore, base: SnapshotPlace, runId: string): Promise<void> {
  for await (const name of store.names(inputPrefix)) {
    const scope = inputScope(name);
    if (scope === runId) continue;
    const number = scope === undefined ? undefined : additionNumber(scope);
    if (number === undefined || (number < base.number && (await isOfLoser(store, name, number))))
      await store.remove(name);
  }
}

/** False also where nobody can say any more, since the entry was folded away. */
async function isOfLoser(store: LedgerStore, name: string, number: number): Promise<boolean> {
  try {
    const entry = await readEntry(store, number);
    return entry.type !== "extend" || entry.input.chunks.every((chunk) => chunk.name !== name);
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Removes segments that nothing mentions any more and that nobody can still be about to mention. */
async function removeSegments(store: LedgerStore, base: SnapshotPlace): Promise<void> {
  const mentioned = new Set<string>();
  for (const sequence of await snapshotSequences(store)) {
    for (const segment of (await readSnapshot(store, sequence)).state.segments) mentioned.add(segment.name);
  }
  for (const number of await entryNumbers(store)) {
    const entry = await readEntry(store, number);
    if (entry.type !== "rollback" && entry.type !== "redo") continue;
    for (const segment of entry.state.segments) mentioned.add(segment.name);
  }
  for await (const name of store.names(segmentPrefix)) {
    const origin = segmentOrigin(name);
    if (origin === undefined || mentioned.has(name)) continue;
    if (origin.number <= (origin.of === "snapshot" ? base.sequence : base.number)) await store.remove(name);
  }
}
