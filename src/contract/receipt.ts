import type { Accounting } from "./accounting.ts";
import type { Shard } from "./sink.ts";

/**
 * Names a task: one stage over one split. Tasks that try failed samples again belong to a stage behind the plan's
 * last, and their splits go on counting where that stage's end.
 */
export type TaskId = { readonly stage: number; readonly split: number };

/** What a finished task proves. */
export type Receipt = TaskId & {
  readonly attempt: number;
  readonly shards: readonly Shard[];
  /** Failed samples, one JSON line each; absent when none failed. */
  readonly quarantine?: Shard;
  /** What became of every sample that was read, as compressed JSON lines; absent when nothing was read. */
  readonly outcomes?: Shard;
  readonly accounting: Accounting;
  /** Of a task that tries failed samples again: their failures, which `accounting` takes the place of. */
  readonly retried?: Accounting;
  readonly seconds: number;
};

export function taskKey(task: TaskId): string {
  return `${task.stage}/${task.split}`;
}
