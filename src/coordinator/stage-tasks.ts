import { randomUUID } from "node:crypto";
import type { Caution, Task, TaskInput } from "../contract/executor.ts";
import type { TaskId } from "../contract/receipt.ts";

/** A task that was not done when the stage began. */
export interface PendingTask {
  readonly id: TaskId;
  readonly input: TaskInput;
}

/**
 * Hands out the attempts of one stage: tasks in order, then those that are to be tried again.
 * Pulls tasks one at a time, so that a stage of a million tasks is never in memory.
 */
export class StageTasks {
  readonly #pending: AsyncIterator<PendingTask>;
  readonly #retries: Task[] = [];
  // Iterators of files must not be pulled twice at once.
  #pulling: Promise<unknown> = Promise.resolve();

  constructor(pending: AsyncIterable<PendingTask>) {
    this.#pending = pending[Symbol.asyncIterator]();
  }

  /** The next attempt; undefined when there is none to begin now. */
  next(): Promise<Task | undefined> {
    const retry = this.#retries.shift();
    if (retry !== undefined) return Promise.resolve(retry);
    const pulled = this.#pulling.then(() => this.#pending.next());
    this.#pulling = pulled;
    return pulled.then((result) => {
      if (result.done === true) return undefined;
      const { id, input } = result.value;
      return { ...id, input, attempt: 1, attemptId: attemptId(1) };
    });
  }

  retry(task: Task, caution: Caution | undefined): void {
    const attempt = task.attempt + 1;
    const { stage, split, input } = task;
    this.#retries.push({
      stage,
      split,
      input,
      attempt,
      attemptId: attemptId(attempt),
      ...(caution === undefined ? {} : { caution }),
    });
  }
}

/** Scopes an attempt's names. Random, because another coordinator may run the same attempt; it never reaches a finished dataset. */
function attemptId(attempt: number): string {
  return `a${attempt}-${randomUUID().slice(0, 8)}`;
}
