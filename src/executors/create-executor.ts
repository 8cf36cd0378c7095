import type { Executor, StageResources } from "../contract/executor.ts";
import type { ExecutorChoice } from "./choose-executor.ts";
import { createLocalExecutor } from "./local/local-executor.ts";
import { machineLimits } from "./local/machine-limits.ts";
import type { WorkerProcess } from "./local/worker-process.ts";

/** Workers of a cluster that nobody limits. */
const mostWorkers = 10_000;
const budgetPerWorkerBytes = 64 * 2 ** 20;

/** What `auto` stands for: on a cluster as many workers as it has room for, each with 64 MiB of decoded samples. */
export function executorLimits(
  { kind }: ExecutorChoice,
  asked: number | "auto" | { readonly min: number; readonly max: number },
): { readonly workers: number; readonly memoryBudgetBytes: number } {
  if (kind === "local") return machineLimits();
  const workers = asked === "auto" ? mostWorkers : typeof asked === "number" ? asked : asked.max;
  return { workers, memoryBudgetBytes: workers * budgetPerWorkerBytes };
}

export interface ExecutorRequest {
  readonly workers: number;
  readonly minWorkers: number;
  readonly resources: readonly StageResources[];
  readonly catalogModule: URL;
  /** On this machine: booting already. */
  readonly firstWorker?: WorkerProcess;
  /** On this machine: where each worker writes its CPU profile when it drains. */
  readonly profileFolder?: string;
}

export async function createExecutor(choice: ExecutorChoice, request: ExecutorRequest): Promise<Executor> {
  if (choice.kind === "local") return createLocalExecutor(request);
  const { createClusterExecutor } = await import("./ray/create-cluster-executor.ts");
  return createClusterExecutor(choice.cluster, request);
}
