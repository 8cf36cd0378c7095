import type { ErrorCode } from "../model/error-codes.ts";
import { type ErrorRecord, PipelineError } from "../model/errors.ts";
import type { Plan } from "./plan.ts";
import type { PreflightReport, PreflightRequest } from "./preflight.ts";
import type { Receipt, TaskId } from "./receipt.ts";
import type { StorageRequests, TaskProgress, WorkerActivity } from "./run-event.ts";
import type { Split } from "./source.ts";

/** What a worker needs to run any task of a run. Pure data. */
export type WorkerSetup = {
  readonly plan: Plan;
  readonly planHash: string;
  /** URI of the output folder. */
  readonly destination: string;
  readonly batchSize: number;
  /** Decoded bytes that one worker may hold. */
  readonly memoryBudgetBytes: number;
  /** Samples that one worker works on at once. */
  readonly concurrency: number;
  /** Longest time that steps may take for one sample before its worker is ended. */
  readonly sampleTimeoutSeconds: number;
  /** Time without progress after which a worker counts as stalled. */
  readonly stallTimeoutSeconds: number;
  /** What a worker takes of a cluster, by stage; one that tries failed samples again takes what the first does. */
  readonly resources: readonly StageResources[];
};

/** What one worker of a stage takes of a node, as the cluster counts it. */
export type StageResources = {
  /** Cores; a fraction where a worker mostly waits. */
  readonly cpus: number;
  /** A fraction below 1 shares one GPU among workers; above 1 it is a whole number. */
  readonly gpus: number;
  /** 0: as much as comes with its share of the cores. */
  readonly memoryBytes: number;
  /** What the node must be labelled with. */
  readonly labels: { readonly [label: string]: string };
};

/** What a cluster gives a run at this moment. */
export type ClusterState = {
  /** That are alive. */
  readonly nodes: number;
  /** Workers that take tasks. */
  readonly workers: number;
  /** Workers that were asked for and are not there yet. */
  readonly pending: number;
  /** Why the run does not get on, in a sentence for a person; null: nothing is known to be wrong. */
  readonly problem: string | null;
};

/** One attempt at one stage over one split. Pure data. */
export type Task = TaskId & {
  readonly attempt: number;
  /** Scopes names: unique across processes and restarts. */
  readonly attemptId: string;
  readonly input: TaskInput;
  /** Set once an earlier attempt took its worker with it. */
  readonly caution?: Caution;
};

/**
 * How to run a task whose earlier attempts ended their workers. Positions count what the task reads, from 0:
 * the same at every attempt. What comes out is what a run without any accident gives.
 */
export type Caution = {
  /** Samples that were in flight when a worker ended: each is worked on with nothing else in flight. */
  readonly suspects: readonly PositionRange[];
  /** Samples that are known to have ended a worker: quarantined with this error, never touched again. */
  readonly condemned: readonly CondemnedSample[];
  /** Share of the memory budget that the attempt may use: halved each time that memory ends a worker. 0 to 1. */
  readonly memoryShare: number;
};

export type PositionRange = { readonly first: number /** One past the last. */; readonly end: number };

export type CondemnedSample = {
  readonly position: number;
  /** Step id, or `write`. */
  readonly step: string;
  /** Set when a child of the sample did it: which of those that reach the step, from 0. Only that one is left out. */
  readonly child: number | null;
  readonly error: ErrorRecord;
};

/** What a task was doing, as its worker's journal tells: the journal survives the worker, however it ends. */
export type TaskWhereabouts = TaskId & {
  /** In any phase but `working` it is the source or the output that is waited for. */
  readonly phase: "reading" | "working" | "writing" | "committing";
  /** Samples that were begun and not yet done, and perhaps some that were about to be begun. Empty: none is to blame. */
  readonly inFlight: PositionRange;
  /** Step id, or `write`, where it is known. */
  readonly step: string | null;
  /** For a child of the sample that was read: which of the samples that reach the step, from 0. */
  readonly child: number | null;
  /** Whether `inFlight` is one sample that is known to be the cause, at `step`. */
  readonly isExact: boolean;
};

/**
 * How a worker ended: `timeout` and `memory` when it was ended for that reason, by us or by the system; `killed` when
 * somebody outside ended it, for which no sample is to blame.
 */
export type WorkerEnd = "crash" | "killed" | "timeout" | "memory";

/** A worker ended, or was ended, without finishing its task. */
export class WorkerLost extends PipelineError {
  readonly end: WorkerEnd;
  /** Null when the worker had no task, or ended before it began it. */
  readonly whereabouts: TaskWhereabouts | null;
  /** In words that are the same whenever the same sample does it: `it was ended by SIGSEGV`. No process id, no clock. */
  readonly how: string;

  constructor(
    message: string,
    loss: { readonly end: WorkerEnd; readonly whereabouts: TaskWhereabouts | null; readonly how: string },
  ) {
    super("WORKER_LOST", message, { isRetryable: true, details: { ...loss } });
    this.end = loss.end;
    this.whereabouts = loss.whereabouts;
    this.how = loss.how;
  }
}

/** Why a worker has not got on for a while. */
export type Stall = {
  readonly whereabouts: TaskWhereabouts | null;
  /** Id of the sample that is worked on, where it is known. */
  readonly sample: string | null;
  readonly waitsFor: "operator" | "storage" | "memory" | "worker";
  /** One sentence for a person: what is waited for, with the figures and names that are known. */
  readonly explanation: string;
  readonly seconds: number;
};

export type TaskInput =
  | { readonly kind: "split"; readonly split: Split }
  /** Spools that the stage before wrote, in dataset order. */
  | { readonly kind: "spool"; readonly shards: readonly string[] }
  /** Samples of a split that failed: only these are worked on, each from the step where it failed. */
  | { readonly kind: "retry"; readonly split: Split; readonly samples: readonly RetriedSample[] };

/** A quarantined sample that is tried again. */
export type RetriedSample = {
  /** Of the sample that was read, among those of its split. */
  readonly position: number;
  readonly id: string;
  /** Step id, `read` or `write`. */
  readonly step: string;
  readonly code: ErrorCode;
  /** 2 at the first retry. */
  readonly attempt: number;
};

/** Called by the executor as workers report. */
export interface TaskObserver {
  taskStarted(worker: number, task: TaskId, attempt: number): void;
  progress(task: TaskId, attempt: number, progress: TaskProgress): void;
  activity(worker: number, activity: WorkerActivity): void;
  storageRequests(requests: readonly StorageRequests[]): void;
  /** `node`: where in a cluster; null on this machine. */
  workerStarted(worker: number, processId: number, node: string | null): void;
  workerLost(worker: number, end: WorkerEnd, reason: string): void;
  /**
   * Memory that the worker's process holds for itself, and what of it is more than when it started: told a few times
   * a minute where the system can tell it.
   */
  workerMemory(worker: number, residentBytes: number, grownBytes: number): void;
  /** The worker has not got on for `stallTimeoutSeconds`; told again each time that as much has passed. */
  workerStalled(worker: number, stall: Stall): void;
  /** Text that the worker's code printed to stdout or stderr. */
  workerOutput(worker: number, text: string): void;
  /** Told when it changes, and never by an executor without a cluster. */
  clusterChanged(cluster: ClusterState): void;
}

/**
 * How tasks reach workers. Keeps no plan, no queue and does not retry: that is the coordinator's.
 * A slot is a worker's place; it runs one task at a time.
 */
export interface Executor {
  /**
   * Starts workers. Rejects when a worker cannot open the plan (OPERATOR_UNAVAILABLE); where workers come later, it is
   * `vacancy` that rejects then.
   */
  open(setup: WorkerSetup, observer: TaskObserver): Promise<void>;
  /** Number of tasks that run at once: on a cluster it changes while a run goes on, and may be 0. */
  readonly slots: number;
  /**
   * Resolves once a slot is free for a task of this stage, or when `stopped` aborts. A task that is run before anything
   * else is awaited gets that slot. Rejects when there will be none.
   */
  vacancy(stage: number, stopped: AbortSignal): Promise<void>;
  /**
   * Runs one attempt. Resolves with the receipt once its shards are durable; rejects with the
   * task's PipelineError, or WorkerLost (retryable) when the worker ended, or was ended because a sample took
   * longer than `sampleTimeoutSeconds` or memory was about to run out.
   */
  run(task: Task): Promise<Receipt>;
  /** Told while the input is listed: so many tasks will come at least. Workers may be started for them. */
  expectTasks?(tasks: number): void;
  /**
   * Starts a worker that tries what a run of the plan would need, and ends it: not to be mixed with `open` and `run`.
   * Rejects with WORKER_LOST when the worker ends over it, or is ended by `close`.
   */
  preflight(request: PreflightRequest): Promise<PreflightReport>;
  /** Ends every worker: after its running task (`drain`), or at once (`now`). Idempotent. */
  close(how: "drain" | "now"): Promise<void>;
}
