import { PipelineError } from "../model/errors.ts";
import type { RunAccounts } from "./run-accounts.ts";

/** Samples that must have been read before the failure ratio can stop a run that is still going. */
const minSamplesToJudge = 200;
/** Samples that ended a worker, in tasks that are not finished, after which the same is done: each of them takes time. */
const minCondemnedToJudge = 20;

/** Samples of unfinished tasks that were taken, at least, and those among them that are condemned. */
export interface UnfinishedSamples {
  readonly read: number;
  readonly condemned: number;
}

const none: UnfinishedSamples = { read: 0, condemned: 0 };

/** Why a run that is still going should stop, as far as the samples tell that were looked at. */
export function earlyVerdict(
  accounts: RunAccounts,
  maxFailureRatio: number,
  unfinished = none,
): PipelineError | undefined {
  const read = accounts.totals.read + unfinished.read;
  if (read < minSamplesToJudge && unfinished.condemned < minCondemnedToJudge) return undefined;
  return tooManyFailures(accounts, maxFailureRatio, unfinished);
}

/** Why a run whose tasks are all done must not be published. */
export function finalVerdict(accounts: RunAccounts, maxFailureRatio: number): PipelineError | undefined {
  const { imbalances, totals } = accounts;
  if (imbalances.length > 0)
    return new PipelineError("NOT_BALANCED", `the accounting does not add up: ${imbalances.join("; ")}`);
  if (totals.read === 0)
    return new PipelineError("NO_SAMPLES", "the run finished without reading a sample: expected at least one");
  return tooManyFailures(accounts, maxFailureRatio, none);
}

function tooManyFailures(
  { totals }: RunAccounts,
  limit: number,
  unfinished: UnfinishedSamples,
): PipelineError | undefined {
  const failed = totals.failed + unfinished.condemned;
  const of = totals.read + totals.children + unfinished.read;
  if (failed <= limit * of) return undefined;
  return new PipelineError(
    "FAILURES_ABOVE_LIMIT",
    `${failed} of ${of} samples failed (${((failed / of) * 100).toFixed(1)} %): expected at most ${(limit * 100).toFixed(1)} % (run.maxFailureRatio)`,
    { details: { failed, of, limit } },
  );
}
