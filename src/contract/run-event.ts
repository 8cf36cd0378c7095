import type { ErrorRecord } from "../model/errors.ts";
import type { Accounting } from "./accounting.ts";
import type { ClusterState, CondemnedSample, Stall, WorkerEnd } from "./executor.ts";
import type { Receipt, TaskId } from "./receipt.ts";

/** What a task did since it began: cumulative, so a lost report costs nothing. */
export type TaskProgress = {
  readonly accounting: Accounting;
  /** Seconds that each step was busy, by step id; `read` and `write` beside them. */
  readonly busySeconds: { readonly [stepId: string]: number };
  /** Images decoded, by the decoder that an image's header and the step chose; decoders without any are left out. */
  readonly imagesDecoded: { readonly [decoder: string]: number };
};

export type WorkerActivity =
  | { readonly doing: "starting" | "idle" | "stopped" }
  | { readonly doing: "task"; readonly task: TaskId; readonly step: string; readonly sample: string };

/** Requests of one process to storages that are asked over a network: what was added since it told last. */
export type StorageRequests = {
  readonly scheme: "s3" | "http";
  /** As the storage calls it: `GetObject`, `HEAD`. */
  readonly operation: string;
  /** HTTP status, or `none` where no answer came. */
  readonly status: string;
  readonly requests: number;
  /** Time that they took together. */
  readonly seconds: number;
};

export type RunOutcome = "succeeded" | "failed" | "interrupted";

/** The only thing that leaves the coordinator. Progress, logs, metrics and health derive from it. */
export type RunEvent =
  | {
      readonly type: "run-started";
      readonly runId: string;
      readonly planHash: string;
      readonly destination: string;
      /** Stages of the plan. */
      readonly stages: number;
      readonly resumed: { readonly finishedTasks: number } | null;
    }
  /** The run went back to an earlier checkpoint, as it was asked to. */
  | {
      readonly type: "rolled-back";
      readonly to: string;
      readonly finishedTasks: number;
      readonly undoneTasks: number;
    }
  | { readonly type: "input-listed"; readonly splits: number; readonly bytes: number; readonly samples: number | null }
  /** What a new run writes may not fit: a coarse estimate, and no reason to stop. */
  | {
      readonly type: "disk-space-short";
      readonly folder: string;
      readonly freeBytes: number;
      readonly estimatedBytes: number;
    }
  | { readonly type: "stage-started"; readonly stage: number; readonly tasks: number; readonly finishedTasks: number }
  /** `node`: where in a cluster; null on this machine. */
  | {
      readonly type: "worker-started";
      readonly worker: number;
      readonly processId: number;
      readonly node: string | null;
    }
  | { readonly type: "cluster-changed"; readonly cluster: ClusterState }
  /** What the user's code or a native library printed. */
  | { readonly type: "worker-output"; readonly worker: number; readonly text: string }
  | { readonly type: "worker-lost"; readonly worker: number; readonly end: WorkerEnd; readonly reason: string }
  /** Memory that a worker holds for itself, and what of it is more than when it started; where the system can tell it. */
  | {
      readonly type: "worker-memory";
      readonly worker: number;
      readonly residentBytes: number;
      readonly grownBytes: number;
    }
  /** No progress for `stallTimeout`; `stall` names the cause. */
  | { readonly type: "worker-stalled"; readonly worker: number; readonly stall: Stall }
  | { readonly type: "worker-activity"; readonly worker: number; readonly activity: WorkerActivity }
  | { readonly type: "task-started"; readonly worker: number; readonly task: TaskId; readonly attempt: number }
  | {
      readonly type: "task-progressed";
      readonly task: TaskId;
      readonly attempt: number;
      readonly progress: TaskProgress;
    }
  | { readonly type: "task-finished"; readonly receipt: Receipt }
  | {
      readonly type: "task-failed";
      readonly task: TaskId;
      readonly attempt: number;
      readonly error: ErrorRecord;
      readonly willRetry: boolean;
    }
  /** A sample ended its worker while it was alone in it: it goes to quarantine, the split goes on. */
  | {
      readonly type: "sample-condemned";
      readonly task: TaskId;
      readonly sample: CondemnedSample;
    }
  | { readonly type: "checkpoint-written"; readonly name: string; readonly tasks: number; readonly seconds: number }
  /** What finished since the last checkpoint is done again by the next run; this one ends. */
  | { readonly type: "checkpoint-failed"; readonly error: ErrorRecord }
  | { readonly type: "storage-requests"; readonly requests: readonly StorageRequests[] }
  | { readonly type: "drain-started"; readonly signal: string }
  | { readonly type: "run-finished"; readonly summary: RunSummary };

/** How a run ended. */
export type RunSummary = {
  readonly outcome: RunOutcome;
  readonly runId: string;
  readonly destination: string;
  readonly accounting: Accounting;
  readonly shards: number;
  readonly shardBytes: number;
  readonly failedTasks: readonly { readonly task: TaskId; readonly error: ErrorRecord }[];
  /** Why the run did not succeed. */
  readonly error: ErrorRecord | null;
  readonly seconds: number;
  /** True when there was nothing left to do. */
  readonly wasComplete: boolean;
};
