import process from "node:process";
import { asPipelineError, messageOf, type PipelineError } from "../model/errors.ts";
import { createRedactor, secretsOf } from "../model/redact-secrets.ts";
import { exitCodes } from "./exit-code.ts";
import { terminal } from "./terminal.ts";

const longestCause = 400;

/** Prints an error for a person and answers the exit code: 2 for usage and configuration, else 1. */
export function printError(thrown: unknown): number {
  const error = asPipelineError(thrown, "INTERNAL", "unexpected error");
  terminal.note(...errorLines(error));
  return error.scope === "usage" ? exitCodes.usage : exitCodes.failed;
}

/** `error CODE: message`, the remedy, the causes, without secrets; the stack only with LOG_LEVEL=debug. */
export function errorLines(error: PipelineError): readonly string[] {
  const lines = [`error ${error.code}: ${error.message}`, error.remedy];
  let cause = error.cause;
  for (let depth = 0; cause !== undefined && depth < 4; depth++) {
    const message = messageOf(cause);
    // A message that was built from its cause's has said it already.
    if (!error.message.includes(message)) lines.push(`cause: ${message.slice(0, longestCause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  if (process.env.LOG_LEVEL === "debug" && error.stack !== undefined) lines.push(error.stack);
  const redactor = createRedactor(secretsOf(process.env));
  return lines.map(redactor.text);
}
