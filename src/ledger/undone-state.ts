import type { Receipt } from "../contract/receipt.ts";
import { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { appendReceipts } from "./receipt-segments.ts";
import type { AddedInput, StateRecord } from "./state-record.ts";

/**
 * What a state says without some of its receipts, for the entry that is `number`, written at `at`: those that stay
 * are in segments of that entry.
 */
export async function stateWithout(
  store: LedgerStore,
  state: LedgerState,
  receipts: AsyncIterable<Receipt>,
  isUndone: (receipt: Receipt) => boolean,
  {
    number,
    at,
    additions = state.additions,
  }: {
    readonly number: number;
    readonly at: string;
    /** What stays of the input that was added. */
    readonly additions?: readonly AddedInput[];
  },
): Promise<StateRecord> {
  const left = LedgerState.withoutReceipts(state);
  left.additions = additions;
  const counted = async function* () {
    for await (const receipt of receipts) if (!isUndone(receipt) && left.count(receipt)) yield receipt;
  };
  const segments = await appendReceipts(store, [], counted(), { of: "checkpoint", number });
  return { ...left.toRecord(segments), number, at, epoch: left.epoch + 1 };
}
