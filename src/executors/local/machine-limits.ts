import { availableParallelism } from "node:os";
import { ownMemoryGauge } from "../../worker/memory-gauge.ts";

export interface MachineLimits {
  readonly workers: number;
  readonly memoryBudgetBytes: number;
  /** That this process may use. */
  readonly memoryBytes: number;
}

const MiB = 2 ** 20;
/** What a worker takes before it holds a sample, generously. */
export const workerBytes = 192 * MiB;
const budgetPerWorkerBytes = 64 * MiB;

/**
 * What `auto` stands for on this machine: a worker for each core that this process may use, as far as memory
 * goes, and 64 MiB of decoded samples for each, at most a quarter of the memory that this process may use.
 */
export function machineLimits(): MachineLimits {
  const memoryBytes = ownMemoryGauge().limitBytes;
  const workers = Math.max(1, Math.min(availableParallelism(), Math.floor(memoryBytes / 2 / workerBytes)));
  const memoryBudgetBytes = Math.floor(Math.min(workers * budgetPerWorkerBytes, memoryBytes / 4));
  return { workers, memoryBudgetBytes, memoryBytes };
}
