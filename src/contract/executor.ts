import type { Plan } from "./plan.ts";
import type { Receipt, TaskId } from "./receipt.ts";
import type { TaskProgress, WorkerActivity } from "./run-event.ts";
import type { Split } from "./source.ts";

/** What a worker needs to run any task of a run. Pure data. */
export type WorkerSetup = {
  readonly plan: Plan;
  /** URI of the output folder. */
  readonly destination: string;
  readonly batchSize: number;
  /** Decoded bytes that one worker may hold. */
  readonly memoryBudgetBytes: number;
  /** Samples that one worker works on at once. */
  readonly concurrency: number;
};

/** One attempt at one stage over one split. Pure data. */
export type Task = TaskId & {
  readonly attempt: number;
  /** Scopes names: unique across processes and restarts. */
  readonly attemptId: string;
  readonly input: TaskInput;
};

export type TaskInput =
  | { readonly kind: "split"; readonly split: Split }
  /** Spools that the stage before wrote, in dataset order. */
  | { readonly kind: "spool"; readonly shards: readonly string[] };

/** Called by the executor as workers report. */
export interface TaskObserver {
  taskStarted(worker: number, task: TaskId, attempt: number): void;
  progress(task: TaskId, attempt: number, progress: TaskProgress): void;
  activity(worker: number, activity: WorkerActivity): void;
  workerStarted(worker: number, processId: number): void;
  workerLost(worker: number, reason: string): void;
  /** Text that the worker's code printed to stdout or stderr. */
  workerOutput(worker: number, text: string): void;
}

/**
 * How tasks reach workers. Keeps no plan, no queue and does not retry: that is the coordinator's.
 * A slot runs one task at a time.
 */
export interface Executor {
  /** Starts workers. Rejects when a worker cannot open the plan (OPERATOR_UNAVAILABLE). */
  open(setup: WorkerSetup, observer: TaskObserver): Promise<void>;
  /** Number of tasks that run at once. */
  readonly slots: number;
  /**
   * Runs one attempt. Resolves with the receipt once its shards are durable; rejects with the
   * task's PipelineError, or WORKER_LOST (retryable) when the process ended.
   */
  run(task: Task): Promise<Receipt>;
  /** Ends every worker: after its running task (`drain`), or at once (`now`). Idempotent. */
  close(how: "drain" | "now"): Promise<void>;
}
