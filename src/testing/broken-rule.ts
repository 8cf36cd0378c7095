import { PipelineError } from "../model/errors.ts";

/** INVALID_OPERATOR: `rule` says what every operator must do, `finding` what this one did. */
export function brokenRule(operator: string, rule: string, finding: string): PipelineError {
  return new PipelineError("INVALID_OPERATOR", `operator ${operator} breaks a rule: ${rule}. ${finding}`, {
    details: { operator, rule },
  });
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
