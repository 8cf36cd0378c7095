import {
  type Accounting,
  addAccounting,
  emptyAccounting,
  imbalances,
  joinStages,
  subtractAccounting,
  type Totals,
  totalsOf,
} from "../contract/accounting.ts";
import type { LedgerState, StageState } from "../ledger/ledger-state.ts";

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
  const run = withRetries(joinStages(stages), state.stages[stageCount]);
  const totals = totalsOf(run);
  const last = state.stages[stageCount - 1];
  const retry = state.stages[stageCount];
  const samples = totals.read + totals.children;
  return {
    run,
    totals,
    failureRatio: samples === 0 ? 0 : totals.failed / samples,
    shards: {
      count: (last?.shards ?? 0) + (retry?.shards ?? 0),
      bytes: (last?.shardBytes ?? 0) + (retry?.shardBytes ?? 0),
    },
    imbalances: [...imbalances(stages), ...imbalances([run])],
  };
}

/** Samples that were tried again count where they are now, not where they had failed. */
function withRetries(run: Accounting, retry: StageState | undefined): Accounting {
  if (retry === undefined) return run;
  const added = addAccounting(run, retry.accounting);
  return retry.retried === undefined ? added : subtractAccounting(added, retry.retried);
}
