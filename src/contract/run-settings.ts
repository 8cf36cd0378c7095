import type { StageResources } from "./executor.ts";

/** How a plan is run: nothing here changes what comes out. */
export type RunSettings = {
  /** URI of the output folder. */
  readonly output: string;
  /** URI of the folder that holds the ledger. */
  readonly checkpoints: string;
  /** At most. */
  readonly workers: number;
  /** That are kept on a cluster while there is work for fewer. */
  readonly minWorkers: number;
  /** What a worker takes of a cluster, by stage. */
  readonly resources: readonly StageResources[];
  /** Decoded bytes that all workers together may hold. */
  readonly memoryBudgetBytes: number;
  /** Samples handed to a batch step at once. */
  readonly batchSize: number;
  /** Attempts at a task before its split is given up. */
  readonly maxAttempts: number;
  /** Failed / read samples above which the run stops as failed, 0 to 1. */
  readonly maxFailureRatio: number;
  /** Longest time between a finished task and the checkpoint that lists it. */
  readonly checkpointIntervalSeconds: number;
  /** Checkpoints that stay as places to go back to; older ones are folded into a snapshot. */
  readonly keepCheckpoints: number;
  /** Name of a checkpoint to go back to before the run begins; each value takes effect once in a ledger's life. */
  readonly resumeFrom?: string | undefined;
  /** Longest time that steps may take for one sample. */
  readonly sampleTimeoutSeconds: number;
  /** Time without progress after which a worker counts as stalled. */
  readonly stallTimeoutSeconds: number;
};
