import type { TaskInput } from "../contract/executor.ts";
import type { TaskAttempt } from "./accounted-task.ts";

/** What a task reads, for a sentence: its first file or spool, and how many there are beside it. */
export function inputName(input: TaskInput): string {
  const names = input.kind === "spool" ? input.shards : input.split.files.map((file) => file.uri);
  const [first = "nothing", ...others] = names;
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

/** What a task writes, for a sentence. */
export function outputName({ task, setup, stage }: TaskAttempt): string {
  const what = stage.index >= setup.plan.stages.length - 1 ? "the shards" : "the spools";
  return `${what} of split ${task.split} below ${setup.destination}`;
}
