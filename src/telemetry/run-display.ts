import type { RunEvent } from "../contract/run-event.ts";
import type { RunSnapshot } from "./run-snapshot.ts";

/** Shows a run while it happens. */
export interface RunDisplay {
  /** Called after every event, with the snapshot that holds it. */
  show(snapshot: RunSnapshot, event: RunEvent): void;
  /** Stops and leaves the terminal as a person expects it. Idempotent. */
  close(): void;
}
