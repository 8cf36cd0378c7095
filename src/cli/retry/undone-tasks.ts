import type { Plan } from "../../contract/plan.ts";
import type { TaskId } from "../../contract/receipt.ts";
import type { LedgerState } from "../../ledger/ledger-state.ts";
import type { QuarantinedTask } from "../retry-command.ts";

/**
 * What has to run again for failed samples to have another try where a plan has several stages: the tasks that
 * quarantined them, those that read what these write, and everything from the next gather step on.
 */
export function undoneTasksOf(
  plan: Plan,
  state: Readonly<LedgerState>,
  quarantined: readonly QuarantinedTask[],
): readonly TaskId[] {
  const undone: TaskId[] = [];
  let splits = new Set<number>();
  let isAll = false;
  for (const stage of plan.stages) {
    isAll ||= stage.kind === "gather" && splits.size > 0;
    const own = quarantined.filter(({ task }) => task.stage === stage.index).map(({ task }) => task.split);
    splits = new Set([...splits, ...own]);
    const done = state.stages[stage.index]?.done;
    const all = isAll && done !== undefined ? done.members() : splits;
    for (const split of all) undone.push({ stage: stage.index, split });
  }
  return undone;
}
