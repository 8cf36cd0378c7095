import type { Catalog } from "../contract/catalog.ts";
import type { Executor } from "../contract/executor.ts";
import type { Plan } from "../contract/plan.ts";
import type { RunEvent, RunSummary } from "../contract/run-event.ts";
import type { RunSettings } from "../contract/run-settings.ts";

export interface RunRequest {
  readonly plan: Plan;
  readonly catalog: Catalog;
  readonly executor: Executor;
  readonly settings: RunSettings;
  onEvent(event: RunEvent): void;
}

export interface ActiveRun {
  /** Rejects only with errors that stopped the run before it began (scope `usage`). */
  readonly finished: Promise<RunSummary>;
  /** Starts no further task, finishes and checkpoints the running ones, then ends as interrupted. */
  drain(signal: string): void;
  /** Kills the workers; what was checkpointed stays. */
  abort(): void;
}

export declare function startRun(request: RunRequest): ActiveRun;
