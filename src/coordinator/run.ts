import type { RunSummary } from "../contract/run-event.ts";
import { CoordinatedRun } from "./coordinated-run.ts";
import type { RunRequest } from "./run-request.ts";

export interface ActiveRun {
  /**
   * How the run ended, published or not. Rejects with a PipelineError when the run could not begin:
   * nothing readable at the input, an output folder of another run, a step that no worker can open.
   */
  readonly finished: Promise<RunSummary>;
  /** Begins no further task, finishes and checkpoints the running ones, then ends as interrupted. Idempotent. */
  drain(signal: string): void;
  /** Ends the workers at once; what was checkpointed stays. Idempotent. */
  abort(): void;
}

/**
 * Runs a plan, or what is left of it: the ledger in `settings.checkpoints` says what is done.
 * The same plan over the same input gives byte-identical shards, whatever the number of workers, retries or resumes.
 * Events come in order, none before this has returned.
 */
export function startRun(request: RunRequest): ActiveRun {
  const run = new CoordinatedRun(request);
  // A turn later, so that no event comes before the caller holds the run that it may want to drain.
  return {
    finished: Promise.resolve().then(() => run.execute()),
    drain: (signal) => run.drain(signal),
    abort: () => run.abort(),
  };
}
