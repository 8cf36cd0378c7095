/** How a plan is run: nothing here changes what comes out. */
export type RunSettings = {
  /** URI of the output folder. */
  readonly output: string;
  /** URI of the folder that holds the ledger. */
  readonly checkpoints: string;
  readonly workers: number;
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
};
