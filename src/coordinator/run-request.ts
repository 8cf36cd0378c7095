import type { Catalog } from "../contract/catalog.ts";
import type { Executor } from "../contract/executor.ts";
import type { Plan } from "../contract/plan.ts";
import type { RunEvent } from "../contract/run-event.ts";
import type { RunSettings } from "../contract/run-settings.ts";

/** A plan, how to run it, and who listens. */
export interface RunRequest {
  readonly plan: Plan;
  readonly catalog: Catalog;
  readonly executor: Executor;
  readonly settings: RunSettings;
  /** Whether the process is there for runs alone, as that of the command line: only then are flags of V8 set in it. */
  readonly ownsProcess?: boolean;
  onEvent(event: RunEvent): void;
}
