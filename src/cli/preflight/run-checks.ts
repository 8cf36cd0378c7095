import type { Catalog } from "../../contract/catalog.ts";
import type { Executor } from "../../contract/executor.ts";
import type { PreflightReport } from "../../contract/preflight.ts";
import type { ExecutorChoice } from "../../executors/choose-executor.ts";
import { createExecutor, executorLimits } from "../../executors/create-executor.ts";
import { machineLimits } from "../../executors/local/machine-limits.ts";
import { asPipelineError, errorRecord, PipelineError } from "../../model/errors.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { workersWithin } from "../../plan/resolved-settings.ts";
import { formatDuration } from "../../telemetry/format-quantity.ts";
import { catalogModule } from "../catalog-module.ts";
import type { ListedInput } from "../list-splits.ts";
import { planText } from "../plan-text.ts";
import { checkInput } from "./check-input.ts";
import { checkMemory } from "./check-memory.ts";
import { checkOutput } from "./check-output.ts";
import { checkSpace } from "./check-space.ts";
import { checkSamples, checkSteps, splitsToTry, unknownSteps } from "./check-trial.ts";
import { type PreflightCheck, statusOf } from "./finding.ts";

const samplesLookedAt = 400;

/**
 * Looks at everything that a run will need, each whatever the others found, in a fixed order and as soon as it is
 * known. Reads the input, writes one object and removes it. Throws only when `signal` aborts, after cleaning up.
 */
export async function* runChecks(
  resolved: ResolvedPipeline,
  catalog: Catalog,
  choice: ExecutorChoice,
  signal: AbortSignal,
): AsyncGenerator<PreflightCheck> {
  const checkingOutput = checkOutput(resolved, catalog);
  try {
    yield planCheck(resolved);
    const input = await checkInput(resolved, catalog, signal);
    yield input.check;
    const trial = await tryInWorker(resolved, choice, input.listed, signal);
    yield "report" in trial ? checkSteps(resolved, trial.report, statusOf(input.check) === "error") : trial.check;
    const report = "report" in trial ? trial.report : undefined;
    if (report !== undefined) yield checkSamples(resolved, report);
    const { check, state } = await checkingOutput;
    yield check;
    yield await checkSpace({ resolved, listed: input.listed, report, state });
    // A cluster's nodes have their own.
    if (choice.kind === "local") yield checkMemory(resolved, machineLimits());
  } finally {
    await checkingOutput;
  }
}

/** Whoever gets here has a plan without a mistake. */
function planCheck({ plan, planHash }: ResolvedPipeline): PreflightCheck {
  const figure = planText(plan);
  return { name: "plan", figure, facts: { planHash }, isSkipped: false, findings: [] };
}

/** What the worker reported, or what is to be said when it did not. */
type Trial = { readonly report: PreflightReport } | { readonly check: PreflightCheck };

async function tryInWorker(
  resolved: ResolvedPipeline,
  choice: ExecutorChoice,
  listed: ListedInput | undefined,
  signal: AbortSignal,
): Promise<Trial> {
  signal.throwIfAborted();
  const { plan, settings } = resolved;
  const workers = workersWithin(settings.workers, executorLimits(choice, settings.workers).workers);
  const executor = await createExecutor(choice, { ...settings, workers, minWorkers: 1, catalogModule });
  const seconds = settings.sampleTimeoutSeconds;
  const timeout = AbortSignal.timeout(seconds * 1000);
  const end = () => void executor.close("now");
  for (const ending of [signal, timeout]) ending.addEventListener("abort", end, { once: true });
  try {
    const splits = splitsToTry(listed?.spread ?? []);
    return { report: await executor.preflight({ plan, splits, samples: samplesLookedAt }) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (timeout.aborted) return { check: slowSteps(seconds) };
    return await withoutSamples(executor, resolved, thrown);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** After a sample ended the worker: the steps can be told of all the same. */
async function withoutSamples(executor: Executor, { plan }: ResolvedPipeline, lost: unknown): Promise<Trial> {
  try {
    const report = await executor.preflight({ plan, splits: [], samples: 0 });
    const error = asPipelineError(lost, "WORKER_LOST", "the worker was lost over a sample");
    return { report: { ...report, stoppedBy: errorRecord(error) } };
  } catch (thrown) {
    return { check: unknownSteps(thrown, "error") };
  }
}

function slowSteps(seconds: number): PreflightCheck {
  const error = new PipelineError(
    "SAMPLE_TIMEOUT",
    `opening the steps and trying samples took longer than ${formatDuration(seconds)} (run.sampleTimeout)`,
  );
  return unknownSteps(error, "warning", "Look at what the steps wait for, or raise `run.sampleTimeout`.");
}
