import type { Task, WorkerSetup } from "../contract/executor.ts";
import type { Stage } from "../contract/plan.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { StorageRequests, TaskProgress, WorkerActivity } from "../contract/run-event.ts";
import type { ShardDestination } from "../contract/sink.ts";
import { asPipelineError } from "../model/errors.ts";
import { takeRequests } from "../storage/request-tally.ts";
import type { Whereabouts } from "./apply-steps.ts";
import type { Journal } from "./journal.ts";
import { OutcomeLog } from "./outcome-log.ts";
import { Quarantine } from "./quarantine.ts";
import { failuresOf } from "./retried-samples.ts";
import type { Standing } from "./standing.ts";
import { TaskTally } from "./tally.ts";
import type { TaskOutput } from "./task-output.ts";

const reportSeconds = 0.2;

/** Told how a task goes, a few times a second. */
export interface TaskReporter {
  progress(progress: TaskProgress): void;
  activity(activity: WorkerActivity): void;
  storageRequests(requests: readonly StorageRequests[]): void;
  /** From here on, `standing` says what the task waits for. */
  answerWith(standing: () => Standing): void;
  readonly journal: Journal;
}

/** One attempt at a task, and what it may use while it runs. */
export interface TaskAttempt {
  readonly task: Task;
  readonly setup: WorkerSetup;
  readonly stage: Stage;
  readonly reporter: TaskReporter;
  readonly signal: AbortSignal;
}

/** What the work of a task gets: where samples and failures go, and what counts them. */
export interface TaskBench {
  readonly output: TaskOutput;
  readonly quarantine: Quarantine;
  readonly outcomes: OutcomeLog;
  readonly tally: TaskTally;
  /**
   * To be called after every sample: reports when it is time to, and lets timers and sockets have their turn
   * then. Undefined, the usual answer, means that there is nothing to wait for.
   */
  pause(whereabouts: Whereabouts): Promise<void> | undefined;
}

/**
 * What every task does around its work: opens the output, makes it durable, and proves it with a
 * receipt; or rejects with a PipelineError and leaves nothing behind.
 */
export async function accountedTask(
  attempt: TaskAttempt,
  openOutput: (destination: ShardDestination) => Promise<TaskOutput>,
  work: (bench: TaskBench) => Promise<void>,
): Promise<Receipt> {
  const { task, setup, stage } = attempt;
  const start = performance.now();
  const destination = { uri: setup.destination, split: task.split, attempt: task.attemptId };
  const tally = new TaskTally(stage.steps.map((step) => step.id));
  const quarantine = new Quarantine(destination, stage.index, setup.planHash);
  const outcomes = new OutcomeLog(destination, stage.index, task.input);
  let output: TaskOutput | undefined;
  try {
    output = await openOutput(destination);
    await work({ output, quarantine, outcomes, tally, pause: reportingPause(attempt, tally) });
    attempt.reporter.journal.enter("committing", 0, 0);
    const committingSince = performance.now();
    // Side by side: what makes one file durable does so for the others. All settle before one is undone.
    const committing = [output.commit(), quarantine.commit(), outcomes.commit()] as const;
    await Promise.allSettled(committing);
    const [shards, failed, told] = await Promise.all(committing);
    // Much of what a sink does waits until it has everything.
    tally.writeSeconds += (performance.now() - committingSince) / 1000;
    if (task.input.kind === "split") tally.bytesRead = task.input.split.bytes;
    report(attempt, tally);
    return {
      stage: task.stage,
      split: task.split,
      attempt: task.attempt,
      shards,
      ...(failed === undefined ? {} : { quarantine: failed }),
      ...(told === undefined ? {} : { outcomes: told }),
      accounting: tally.accounting(),
      ...(task.input.kind === "retry" ? { retried: failuresOf(task.input.samples) } : {}),
      seconds: (performance.now() - start) / 1000,
    };
  } catch (cause) {
    report(attempt, tally);
    await output?.abort();
    await quarantine.abort();
    await outcomes.abort();
    throw asPipelineError(cause, "TASK_FAILED", `split ${task.split} failed`);
  }
}

function report({ reporter }: TaskAttempt, tally: TaskTally): void {
  reporter.progress({
    accounting: tally.accounting(),
    busySeconds: tally.busySeconds(),
    imagesDecoded: tally.imagesDecoded(),
  });
  const requests = takeRequests();
  if (requests.length > 0) reporter.storageRequests(requests);
}

function reportingPause(attempt: TaskAttempt, tally: TaskTally): TaskBench["pause"] {
  const { task, reporter } = attempt;
  let last = performance.now();
  return ({ step, sample }) => {
    const now = performance.now();
    if (now - last < reportSeconds * 1000) return undefined;
    last = now;
    report(attempt, tally);
    reporter.activity({ doing: "task", task: { stage: task.stage, split: task.split }, step, sample });
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
}
