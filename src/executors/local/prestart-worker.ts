import { machineLimits } from "./machine-limits.ts";
import { workerEnvironment } from "./worker-environment.ts";
import { WorkerProcess } from "./worker-process.ts";

/**
 * Starts a worker process before it is known what it will do, so that it boots while the plan is read:
 * what a start-up costs is then the longer of the two. For `createLocalExecutor`, or to be closed.
 */
export function prestartWorker(): WorkerProcess {
  return new WorkerProcess(workerEnvironment(machineLimits().workers));
}
