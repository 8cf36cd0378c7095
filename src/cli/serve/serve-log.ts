import type { PipelineError } from "../../model/errors.ts";
import { errorRecord } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { errorLines } from "../print-error.ts";
import type { WatchMode } from "../run-watch.ts";
import { terminal } from "../terminal.ts";

/** What the process says about itself, beside the events of its runs. */
export interface ServeLog {
  /** `type` and `facts` are for machines, `text` is for people. */
  say(type: string, text: string, facts?: JsonObject): void;
  failed(error: PipelineError): void;
}

/** JSON lines to standard output, or lines for people to standard error; errors alone when it shall be quiet. */
export function serveLog(mode: WatchMode): ServeLog {
  const json = (record: JsonObject) => terminal.print(JSON.stringify({ time: new Date().toISOString(), ...record }));
  return {
    say(type, text, facts = {}) {
      if (mode === "json") json({ type, message: text, ...facts });
      else if (mode !== "quiet") terminal.note(text);
    },
    failed(error) {
      if (mode === "json") json({ type: "error", error: errorRecord(error) });
      else terminal.note(...errorLines(error));
    },
  };
}
