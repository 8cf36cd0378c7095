import type { Accounting } from "../contract/accounting.ts";
import type { ClusterState } from "../contract/executor.ts";
import type { RunSummary, TaskProgress, WorkerActivity } from "../contract/run-event.ts";

export type RunPhase = "starting" | "running" | "draining" | "finished";

/** What is known of one worker. */
export type WorkerState = {
  readonly worker: number;
  readonly processId: number | null;
  readonly activity: WorkerActivity;
};

/** One attempt that is under way. */
export type RunningTask = { readonly stage: number; readonly attempt: number; readonly progress: TaskProgress | null };

/** Cumulative figures at a moment, for rates over a sliding window. */
export type Mark = { readonly at: number; readonly samples: number; readonly bytes: number; readonly fraction: number };

export type StageState = {
  readonly index: number;
  readonly tasks: number;
  readonly finishedTasks: number;
  /** Of them, those that an earlier session finished. */
  readonly resumedTasks: number;
};

/** Everything that displays show of a run. Made by `reduceRun` alone; times are the seconds that came with the events. */
export type RunSnapshot = {
  readonly phase: RunPhase;
  readonly runId: string;
  readonly destination: string;
  readonly startedAt: number;
  /** Tasks that an earlier session finished. */
  readonly resumedTasks: number;
  readonly input: { readonly splits: number; readonly bytes: number; readonly samples: number | null } | null;
  readonly stage: StageState | null;
  readonly stageCount: number;
  /** Step ids in plan order. */
  readonly stepIds: readonly string[];
  /** Accounts of this session's finished tasks, by stage. */
  readonly finished: readonly Accounting[];
  readonly finishedBusySeconds: { readonly [stepId: string]: number };
  readonly running: ReadonlyMap<string, RunningTask>;
  readonly workers: ReadonlyMap<number, WorkerState>;
  /** Null without a cluster. */
  readonly cluster: ClusterState | null;
  readonly retries: number;
  readonly checkpoint: string | null;
  /** Oldest first, at most `windowSeconds` long. */
  readonly marks: readonly Mark[];
  readonly summary: RunSummary | null;
};

export function startingSnapshot(
  plan: { readonly stepIds: readonly string[]; readonly stageCount: number },
  at: number,
): RunSnapshot {
  return {
    phase: "starting",
    runId: "",
    destination: "",
    startedAt: at,
    resumedTasks: 0,
    input: null,
    stage: null,
    stageCount: plan.stageCount,
    stepIds: plan.stepIds,
    finished: [],
    finishedBusySeconds: {},
    running: new Map(),
    workers: new Map(),
    cluster: null,
    retries: 0,
    checkpoint: null,
    marks: [],
    summary: null,
  };
}
