import { emptyAccounting, joinStages, type Totals, totalsOf } from "../contract/accounting.ts";
import type { Receipt } from "../contract/receipt.ts";
import { checkpointName, type LedgerEntry } from "./entry.ts";
import { applyEntry, entryNumbers, oldestSnapshotNumber, readEntry, readStateAt } from "./ledger-reading.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";

/** A checkpoint that can be gone back to: what the run had done when it was written. */
export interface CheckpointFacts {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What the entry says. */
  readonly type: LedgerEntry["type"];
  /** Of a rollback: the checkpoint that was gone back to. */
  readonly to: string | null;
  /** Finished tasks, of all stages. */
  readonly finishedTasks: number;
  readonly totals: Totals;
  /** Shards of the last stage. */
  readonly shards: number;
  readonly shardBytes: number;
  /** The last one: what a resume begins from. */
  readonly isCurrent: boolean;
}

/** What one entry adds. */
export interface CheckpointDetails extends CheckpointFacts {
  readonly runId: string;
  readonly planHash: string;
  readonly inputSplits: number;
  readonly finishedTasksByStage: readonly number[];
  /** Of a commit: the tasks that it made count. */
  readonly receipts: readonly Receipt[];
}

/**
 * Every checkpoint that can be gone back to, oldest first; nothing where no run has begun. Rejects with
 * INPUT_NOT_FOUND when one is folded away while it is read.
 */
export async function* checkpointFacts(store: LedgerStore): AsyncGenerator<CheckpointFacts> {
  const numbers = await entryNumbers(store);
  const last = numbers.at(-1);
  if (last === undefined) return;
  const oldest = Math.max(await oldestSnapshotNumber(store), numbers[0] ?? 1);
  const state = await readStateAt(store, oldest);
  yield factsOf(state, await readEntry(store, oldest), last);
  while (state.number < last) {
    const entry = await readEntry(store, state.number + 1);
    applyEntry(state, entry, store);
    yield factsOf(state, entry, last);
  }
}

/** Rejects with INPUT_NOT_FOUND when the checkpoint was folded away, or never was. */
export async function checkpointDetails(store: LedgerStore, number: number): Promise<CheckpointDetails> {
  const last = (await entryNumbers(store)).at(-1) ?? 0;
  const entry = await readEntry(store, number);
  const state = await readStateAt(store, number);
  return {
    ...factsOf(state, entry, last),
    runId: state.start?.runId ?? "",
    planHash: state.start?.planHash ?? "",
    inputSplits: state.splits,
    finishedTasksByStage: state.stages.map(({ done }) => done.size),
    receipts: entry.type === "commit" ? entry.receipts : [],
  };
}

function factsOf(state: LedgerState, entry: LedgerEntry, last: number): CheckpointFacts {
  const stageCount = state.start?.plan.stages.length ?? 0;
  const stages = Array.from({ length: stageCount }, (_, index) => state.stages[index]?.accounting ?? emptyAccounting);
  const sink = state.stages[stageCount - 1];
  return {
    name: checkpointName(state.number),
    at: entry.at,
    type: entry.type,
    to: entry.type === "rollback" ? entry.to : null,
    finishedTasks: state.finishedTasks,
    totals: totalsOf(joinStages(stages)),
    shards: sink?.shards ?? 0,
    shardBytes: sink?.shardBytes ?? 0,
    isCurrent: state.number === last,
  };
}
