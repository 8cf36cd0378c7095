import type { RunEvent } from "../contract/run-event.ts";

/** One line of `--json`: the event with the moment it happened, ISO 8601 in UTC. */
export function jsonEventLine(event: RunEvent, at: Date): string {
  return `${JSON.stringify({ time: at.toISOString(), ...event })}\n`;
}
