import type { RunEvent } from "../contract/run-event.ts";
import type { ErrorRecord } from "../model/errors.ts";
import type { Json } from "../model/json.ts";
import type { Redactor } from "../model/redact-secrets.ts";

/** What `--json` tells when nothing could be started. */
interface Refusal {
  readonly type: "error";
  readonly error: ErrorRecord;
}

/** One line of `--json`, without its end: the event without secrets, with the moment it happened, ISO 8601 in UTC. */
export function jsonEventLine(event: RunEvent | Refusal, at: Date, redactor: Redactor): string {
  const plain: Json = JSON.parse(JSON.stringify({ time: at.toISOString(), ...event }));
  return JSON.stringify(redactor.json(plain));
}
