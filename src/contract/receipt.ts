import type { Accounting } from "./accounting.ts";
import type { Shard } from "./sink.ts";

/** Names a task: one stage over one split. */
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
  readonly seconds: number;
};

export function taskKey(task: TaskId): string {
  return `${task.stage}/${task.split}`;
}
