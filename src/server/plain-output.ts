import { createRedactor, secretsOf } from "../model/redact-secrets.ts";
import type { HealthChecks, HealthEntry } from "./health-report.ts";

const longestOutput = 500;

/** Makes messages fit to be shown to whoever asks: no secrets, one line, of bounded length. */
export type PlainOutput = (message: string) => string;

/** Knows the secrets that the environment holds. */
export function plainOutput(environment: { readonly [name: string]: string | undefined }): PlainOutput {
  const redactor = createRedactor(secretsOf(environment));
  return (message) => {
    const line = redactor.text(message).replace(/\s+/g, " ").trim();
    return line.length <= longestOutput ? line : `${line.slice(0, longestOutput - 1)}…`;
  };
}

/** The same checks, each `output` made plain. */
export function withPlainOutput(checks: HealthChecks, plain: PlainOutput): HealthChecks {
  const entry = (each: HealthEntry): HealthEntry =>
    each.output === undefined ? each : { ...each, output: plain(each.output) };
  return Object.fromEntries(Object.entries(checks).map(([key, entries]) => [key, entries.map(entry)]));
}
