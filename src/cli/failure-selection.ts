import type { QuarantineRecord } from "../contract/quarantine.ts";
import { errorCodes } from "../model/error-codes.ts";
import { PipelineError } from "../model/errors.ts";
import { suggest } from "../plan/suggest.ts";
import type { RecordedRun } from "./open-run.ts";

/** Which failed samples a command is about; all, unless something is named. */
export interface FailureChoice {
  readonly class?: string;
  /** Id or name of a step, `read` or `write`. */
  readonly step?: string;
  readonly code?: string;
}

/** Tells the failed samples that are meant. Throws USAGE for a class, step or code that none can have. */
export function failureSelection(run: RecordedRun, choice: FailureChoice): (record: QuarantineRecord) => boolean {
  const steps = run.start.plan.stages.flatMap((stage) => stage.steps);
  checkChoice("class", choice.class, [...new Set(Object.values(errorCodes).map(({ failureClass }) => failureClass))]);
  checkChoice("code", choice.code, Object.keys(errorCodes));
  checkChoice("step", choice.step, ["read", "write", ...steps.flatMap(({ id, name }) => [id, name])]);
  const wantedSteps = new Set([choice.step, ...steps.filter(({ name }) => name === choice.step).map(({ id }) => id)]);
  return ({ failureClass, error, step }) =>
    (choice.class === undefined || failureClass === choice.class) &&
    (choice.code === undefined || error.code === choice.code) &&
    (choice.step === undefined || wantedSteps.has(step));
}

function checkChoice(option: string, given: string | undefined, choices: readonly string[]): void {
  if (given === undefined || choices.includes(given)) return;
  const meant = suggest(given, choices);
  const hint = meant === undefined ? `expected one of ${choices.slice(0, 12).join(", ")}` : `Did you mean ${meant}?`;
  throw new PipelineError(
    "USAGE",
    `--${option} ${JSON.stringify(given)} is none that failed samples can have: ${hint}`,
  );
}
