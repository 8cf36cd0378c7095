import process from "node:process";
import { errorRecord, type PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { createRedactor, secretsOf } from "../../model/redact-secrets.ts";
import { parseLogLevel } from "../../telemetry/log-level.ts";
import { createStructuredLog } from "../../telemetry/structured-log.ts";
import { errorLines } from "../print-error.ts";
import type { WatchMode } from "../run-watch.ts";
import { terminal } from "../terminal.ts";

/** What the process says about itself, beside the events of its runs. */
export interface ServeLog {
  /** `event` and `facts` are for machines, `text` is for people. */
  say(level: "info" | "warn", event: string, text: string, facts?: JsonObject): void;
  failed(error: PipelineError): void;
}

/** A log of JSON lines on standard output, or lines for people on standard error; errors alone when it shall be quiet. */
export function serveLog(mode: WatchMode): ServeLog {
  const secrets = secretsOf(process.env);
  if (mode === "log") {
    const stream = { write: (line: string) => terminal.print(line.trimEnd()) };
    const log = createStructuredLog(stream, parseLogLevel(process.env.LOG_LEVEL), secrets);
    return {
      say: (level, event, text, facts = {}) => log.write(level, text, { event, ...facts }),
      failed(error) {
        const { code, message, details } = errorRecord(error);
        log.write("error", message, { event: "error", code, error: { message, details } });
      },
    };
  }
  const redactor = createRedactor(secrets);
  return {
    say(_level, _event, text) {
      if (mode !== "quiet") terminal.note(redactor.text(text));
    },
    failed: (error) => terminal.note(...errorLines(error)),
  };
}
