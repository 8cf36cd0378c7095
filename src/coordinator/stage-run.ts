import type { CondemnedSample, Executor, Task } from "../contract/executor.ts";
import type { Receipt, TaskId } from "../contract/receipt.ts";
import { asPipelineError, type PipelineError } from "../model/errors.ts";
import type { UnfinishedSamples } from "./run-verdict.ts";
import type { StageTasks } from "./stage-tasks.ts";
import { Trials } from "./trials.ts";

/** What a stage run tells about its tasks. */
export interface StageObserver {
  taskFinished(receipt: Receipt): void;
  taskFailed(task: Task, error: PipelineError, willRetry: boolean): void;
  sampleCondemned(task: TaskId, sample: CondemnedSample): void;
}

export interface FailedTask {
  readonly task: TaskId;
  readonly error: PipelineError;
}

/**
 * Keeps the executor's slots busy, however many there are, with the tasks of one stage until there are none, or until
 * `shouldStop`. A task that fails is tried again when its error is retryable, with the caution that its lost workers
 * have taught; one that fails for good costs its split and the others go on, unless the error concerns the whole run.
 */
export class StageRun {
  readonly #executor: Executor;
  readonly #stage: number;
  readonly #tasks: StageTasks;
  readonly #maxAttempts: number;
  readonly #observer: StageObserver;
  readonly #shouldStop: () => boolean;
  readonly #stopped: AbortSignal;
  readonly #trials = new Trials();
  readonly #running = new Set<Promise<void>>();
  readonly failedTasks: FailedTask[] = [];
  /** The error that ended the run, where one did. */
  fatal: PipelineError | undefined;

  /** `stopped` ends the waiting for a slot. */
  constructor(
    executor: Executor,
    stage: number,
    tasks: StageTasks,
    maxAttempts: number,
    observer: StageObserver,
    shouldStop: () => boolean,
    stopped: AbortSignal,
  ) {
    this.#executor = executor;
    this.#stage = stage;
    this.#stopped = stopped;
    this.#tasks = tasks;
    this.#maxAttempts = maxAttempts;
    this.#observer = observer;
    this.#shouldStop = shouldStop;
  }

  /** Samples of unfinished tasks that were taken, at least, and those among them that ended their worker. */
  get unfinished(): UnfinishedSamples {
    return this.#trials.figures;
  }

  /** Resolves when no task is running any more. */
  async run(): Promise<void> {
    try {
      await this.#handOut();
    } catch (cause) {
      this.fatal ??= asPipelineError(cause, "TASK_FAILED", "the coordinator cannot go on");
    }
    await Promise.all(this.#running);
  }

  async #handOut(): Promise<void> {
    for (;;) {
      await this.#executor.vacancy(this.#stage, this.#stopped);
      if (this.#shouldStop() || this.fatal !== undefined) return;
      const task = await this.#tasks.next();
      if (task !== undefined) {
        this.#begin(task);
        continue;
      }
      if (this.#running.size === 0) return;
      // What fails is tried again: then there is a task.
      await Promise.race(this.#running);
    }
  }

  #begin(task: Task): void {
    const attempt = this.#attempt(task)
      .catch((cause: unknown) => {
        this.fatal ??= asPipelineError(cause, "TASK_FAILED", "the coordinator cannot go on");
      })
      .finally(() => this.#running.delete(attempt));
    this.#running.add(attempt);
  }

  async #attempt(task: Task): Promise<void> {
    let receipt: Receipt;
    try {
      receipt = await this.#executor.run(task);
    } catch (cause) {
      if (await this.#tasks.wasDoneElsewhere(task)) return;
      this.#fail(task, asPipelineError(cause, "TASK_FAILED", `split ${task.split} failed`));
      return;
    }
    this.#trials.close(task);
    this.#observer.taskFinished(receipt);
  }

  #fail(task: Task, error: PipelineError): void {
    const concernsRun = error.scope === "run" || error.scope === "usage";
    const { caution, condemned, failures } = this.#trials.fail(task, error);
    if (condemned !== undefined) this.#observer.sampleCondemned({ stage: task.stage, split: task.split }, condemned);
    const willRetry = error.isRetryable && !concernsRun && failures < this.#maxAttempts && !this.#shouldStop();
    this.#observer.taskFailed(task, error, willRetry);
    if (willRetry) {
      this.#tasks.retry(task, caution);
      return;
    }
    this.#trials.close(task);
    if (concernsRun) this.fatal ??= error;
    else this.failedTasks.push({ task: { stage: task.stage, split: task.split }, error });
  }
}
