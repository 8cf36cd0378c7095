import { checkpointName, encodeObject, ledgerVersion, snapshotName } from "./entry.ts";
import { inputPrefix, inputRunId } from "./frozen-input.ts";
import { entryNumbers, readEntry, readSnapshot, readStateAt, readUnfolded, snapshotNumbers } from "./ledger-reading.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { appendReceipts, segmentNumber, segmentPrefix } from "./receipt-segments.ts";

/**
 * Keeps the last `keep` of `last` entries: writes a snapshot of the oldest of them, then removes what lies before it.
 * Idempotent, and safe beside other coordinators: a snapshot stands before anything that it replaces goes, what a
 * reader that begins now needs is never removed, and what another writer has not yet mentioned is left alone.
 */
export async function retain(store: LedgerStore, last: number, keep: number, runId: string): Promise<void> {
  const oldest = Math.max(1, last - keep + 1);
  if (((await snapshotNumbers(store)).at(-1) ?? 0) < oldest) await writeSnapshot(store, oldest);
  const base = (await snapshotNumbers(store)).findLast((number) => number <= oldest) ?? 0;
  for (const number of await snapshotNumbers(store)) if (number < base) await store.remove(snapshotName(number));
  for (const number of await entryNumbers(store)) {
    if (number < base) await store.remove(`${checkpointName(number)}.json`);
  }
  await removeSegments(store, base);
  for await (const name of store.names(inputPrefix)) if (inputRunId(name) !== runId) await store.remove(name);
}

async function writeSnapshot(store: LedgerStore, number: number): Promise<void> {
  const state = await readStateAt(store, number);
  if (state.start === undefined) return;
  const segments = await appendReceipts(store, state.segments, readUnfolded(store, state), number);
  await store.putIfAbsent(
    snapshotName(number),
    encodeObject({ version: ledgerVersion, start: state.start, state: state.toRecord(segments) }),
  );
}

/** Removes segments that nothing mentions any more and that nobody can still be about to mention. */
async function removeSegments(store: LedgerStore, base: number): Promise<void> {
  const mentioned = new Set<string>();
  for (const number of await snapshotNumbers(store)) {
    for (const segment of (await readSnapshot(store, number)).state.segments) mentioned.add(segment.name);
  }
  for (const number of await entryNumbers(store)) {
    const entry = await readEntry(store, number);
    if (entry.type !== "rollback" && entry.type !== "redo") continue;
    for (const segment of entry.state.segments) mentioned.add(segment.name);
  }
  for await (const name of store.names(segmentPrefix)) {
    if ((segmentNumber(name) ?? Number.POSITIVE_INFINITY) <= base && !mentioned.has(name)) await store.remove(name);
  }
}
