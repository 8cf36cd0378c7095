import { PipelineError } from "../model/errors.ts";
import { checkpointName, checkpointNumber } from "./entry.ts";
import { isGone, mostReloads, oldestSnapshotNumber, readReceipts, readStateAt } from "./ledger-reading.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { appendReceipts } from "./receipt-segments.ts";
import type { ReceiptSegment } from "./state-record.ts";

/**
 * The state after the checkpoint of that name, of a ledger with `last` entries. Rejects with CHECKPOINT_NOT_FOUND when
 * it was folded away or never was.
 */
export async function stateAfter(store: LedgerStore, name: string, last: number): Promise<LedgerState> {
  const number = checkpointNumber(name);
  try {
    if (number !== undefined && number >= 1 && number <= last) return await readStateAt(store, number);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  const oldest = await oldestSnapshotNumber(store);
  throw new PipelineError(
    "CHECKPOINT_NOT_FOUND",
    `${store.location} has no checkpoint ${JSON.stringify(name)} to go back to: expected ${checkpointName(oldest)} to ${checkpointName(last)}`,
    { details: { name, location: store.location } },
  );
}

/**
 * What a checkpoint says, with its receipts in segments of the entry `number`, the next one: the checkpoint's own may
 * be removed before that entry is there to mention them. Rejects as `stateAfter` does.
 */
export async function copyOfCheckpoint(
  store: LedgerStore,
  name: string,
  number: number,
): Promise<{ readonly target: LedgerState; readonly segments: readonly ReceiptSegment[] }> {
  const origin = { of: "checkpoint", number } as const;
  for (let reload = 0; ; reload++) {
    const target = await stateAfter(store, name, number - 1);
    try {
      return { target, segments: await appendReceipts(store, [], readReceipts(store, target), origin) };
    } catch (error) {
      if (!isGone(error) || reload >= mostReloads) throw error;
    }
  }
}
