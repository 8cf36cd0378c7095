import type { TaskObserver, WorkerSetup } from "../contract/executor.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { planHash } from "../plan/plan-hash.ts";
import type { RunRequest } from "./run-request.ts";

/** Enough to keep a worker's native threads busy while its own thread reads and writes. */
const samplesAtOnce = 4;

/** What every worker of a run is told. */
export function workerSetupOf({ plan, settings }: RunRequest): WorkerSetup {
  return {
    plan,
    planHash: planHash(plan),
    destination: settings.output,
    batchSize: settings.batchSize,
    memoryBudgetBytes: Math.max(1, Math.floor(settings.memoryBudgetBytes / settings.workers)),
    concurrency: samplesAtOnce,
    sampleTimeoutSeconds: settings.sampleTimeoutSeconds,
    stallTimeoutSeconds: settings.stallTimeoutSeconds,
    resources: settings.resources,
  };
}

/** Turns what the executor tells into events. */
export function eventsOfTasks(onEvent: (event: RunEvent) => void): TaskObserver {
  return {
    taskStarted: (worker, task, attempt) => onEvent({ type: "task-started", worker, task, attempt }),
    progress: (task, attempt, progress) => onEvent({ type: "task-progressed", task, attempt, progress }),
    activity: (worker, activity) => onEvent({ type: "worker-activity", worker, activity }),
    storageRequests: (requests) => onEvent({ type: "storage-requests", requests }),
    workerStarted: (worker, processId, node) => onEvent({ type: "worker-started", worker, processId, node }),
    clusterChanged: (cluster) => onEvent({ type: "cluster-changed", cluster }),
    workerStalled: (worker, stall) => onEvent({ type: "worker-stalled", worker, stall }),
    workerLost: (worker, end, reason) => onEvent({ type: "worker-lost", worker, end, reason }),
    workerMemory: (worker, residentBytes, grownBytes) =>
      onEvent({ type: "worker-memory", worker, residentBytes, grownBytes }),
    workerOutput: (worker, text) => onEvent({ type: "worker-output", worker, text }),
  };
}
