import {
  type Accounting,
  emptyAccounting,
  imbalances,
  joinStages,
  type Totals,
  totalsOf,
} from "../contract/accounting.ts";
import type { LedgerState } from "../ledger/ledger-state.ts";

/** The accounts of a run: what the receipts add up to that its ledger lists. */
export interface RunAccounts {
  readonly run: Accounting;
  readonly totals: Totals;
  /** Failed samples among those that were read or made by splitting, 0 to 1. */
  readonly failureRatio: number;
  /** Shards of the last stage. */
  readonly shards: { readonly count: number; readonly bytes: number };
  /** Every sum that does not come out, as a sentence. */
  readonly imbalances: readonly string[];
}

export function runAccounts(state: Readonly<LedgerState>, stageCount: number): RunAccounts {
  const stages = Array.from({ length: stageCount }, (_, stage) => state.stages[stage]?.accounting ?? emptyAccounting);
  const run = joinStages(stages);
  const totals = totalsOf(run);
  const last = state.stages[stageCount - 1];
  const samples = totals.read + totals.children;
  return {
    run,
    totals,
    failureRatio: samples === 0 ? 0 : totals.failed / samples,
    shards: { count: last?.shards ?? 0, bytes: last?.shardBytes ?? 0 },
    imbalances: imbalances(stages),
  };
}
