import { PipelineError } from "../model/errors.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

const levels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
/** What other programs that share the variable call them. */
const otherNames: ReadonlyMap<string, LogLevel> = new Map([
  ["warning", "warn"],
  ["critical", "fatal"],
  ["off", "silent"],
]);

/** The level that `LOG_LEVEL` names, in either case; `info` when it is not set. Throws INVALID_OPTION for another word. */
export function parseLogLevel(text: string | undefined): LogLevel {
  const word = text?.trim().toLowerCase() ?? "";
  const level = word === "" ? "info" : (levels.find((one) => one === word) ?? otherNames.get(word));
  if (level !== undefined) return level;
  throw new PipelineError("INVALID_OPTION", `LOG_LEVEL: expected one of ${levels.join(", ")}, received ${text}`, {
    details: { variable: "LOG_LEVEL", expected: [...levels] },
  });
}
