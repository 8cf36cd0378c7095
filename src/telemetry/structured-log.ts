import { pino } from "pino";
import type { RunEvent } from "../contract/run-event.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { createRedactor } from "../model/redact-secrets.ts";
import type { LogLevel } from "./log-level.ts";
import { logRecordOf } from "./log-record.ts";

/** Where lines go, each ended by a line feed. */
export interface LogStream {
  write(line: string): void;
}

export interface StructuredLog {
  /** Logs what happens in runs, one after the other; every line of a run names it. */
  onEvent(event: RunEvent): void;
  /** Logs what no run event tells. */
  write(level: Exclude<LogLevel, "silent">, message: string, fields?: JsonObject): void;
}

/** Container runtimes cut lines that are longer than 16 KiB. */
const longestText = 8000;

/**
 * A log of JSON lines: `time` (ISO 8601, UTC), `level`, `msg`, then the fields of `logRecordOf`, with `run` once one
 * has started. Texts are redacted, of `secrets` too, and cut at 8,000 characters.
 */
export function createStructuredLog(
  stream: LogStream,
  level: LogLevel,
  secrets: readonly string[] = [],
): StructuredLog {
  const redactor = createRedactor(secrets);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  let run: { readonly run?: string } = {};
  const write = (at: Exclude<LogLevel, "silent">, message: string, fields: JsonObject) => {
    if (!logger.isLevelEnabled(at)) return;
    logger[at](cut(redactor.json({ ...run, ...fields })), cutText(redactor.text(message)));
  };
  return {
    onEvent(event) {
      if (event.type === "run-started") run = { run: event.runId };
      const record = logRecordOf(event);
      write(record.level, record.message, { event: event.type, ...record.fields });
      if (event.type === "run-finished") run = {};
    },
    write: (at, message, fields = {}) => write(at, message, fields),
  };
}

function cut(value: Json): Json {
  if (typeof value === "string") return cutText(value);
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cut(one)]));
}

function cutText(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}… ${text.length - longestText} more`;
}
