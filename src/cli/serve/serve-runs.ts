import { setTimeout as delay } from "node:timers/promises";
import { builtinCatalog } from "../../builtin-catalog.ts";
import type { RunSummary } from "../../contract/run-event.ts";
import { formatBytes } from "../../contract/units.ts";
import { InputWatch } from "../../coordinator/new-input.ts";
import { startRun } from "../../coordinator/run.ts";
import { withdrawChanged } from "../../coordinator/withdraw-input.ts";
import type { ExecutorChoice } from "../../executors/choose-executor.ts";
import { createExecutor } from "../../executors/create-executor.ts";
import type { ErrorCode, FailureClass } from "../../model/error-codes.ts";
import { asPipelineError, errorFromRecord, errorRecord, PipelineError } from "../../model/errors.ts";
import type { ProcessHealth } from "../../server/process-health.ts";
import { formatCount, formatDuration, plural } from "../../telemetry/format-quantity.ts";
import type { RunMetrics } from "../../telemetry/run-metrics.ts";
import { catalogModule } from "../catalog-module.ts";
import { type WatchMode, watchRun } from "../run-watch.ts";
import { awaitInput, type Watching } from "./await-input.ts";
import type { ServeLog } from "./serve-log.ts";
import type { ServedConfiguration } from "./served-configuration.ts";
import { aborted, type Termination } from "./termination.ts";

export interface ServedPipeline {
  readonly configuration: ServedConfiguration;
  readonly executor: ExecutorChoice;
  readonly health: ProcessHealth;
  readonly metrics: RunMetrics;
  readonly log: ServeLog;
  readonly termination: Termination;
  readonly mode: WatchMode;
  /** Time between two looks for new input; undefined: none is looked for. */
  readonly watchSeconds: number | undefined;
}

const firstWaitSeconds = 1;
const longestWaitSeconds = 300;
/** What lies in the data, the code or the configuration fails again however often it is tried. */
const lastingFailures: ReadonlySet<FailureClass> = new Set(["bad-input", "operator-bug", "configuration"]);

/** What somebody mends outside of this process: a role, a policy, a key that is renewed. */
const rightsFailures: ReadonlySet<ErrorCode> = new Set([
  "STORAGE_UNAUTHORIZED",
  "INPUT_UNREADABLE",
  "RAY_UNAUTHORIZED",
]);
/** What more input mends, where it is looked for. */
const missingInput: ReadonlySet<ErrorCode> = new Set(["INPUT_EMPTY", "INPUT_NOT_FOUND"]);

/**
 * Runs the pipeline until it is done, and stays; where new input is looked for, runs it again over that. A run that
 * failed is begun again: after a while, each time a longer one, where that can help, and at once when the configuration
 * changes. Resolves when the process was asked to end and what was under way is checkpointed.
 */
export async function serveRuns(served: ServedPipeline): Promise<void> {
  const { configuration, health, log, termination } = served;
  let waitSeconds = firstWaitSeconds;
  let watching = watchingOf(served);
  while (!termination.requested.aborted) {
    health.is({ doing: "running" });
    const attempt = await runOnce(served);
    if (termination.requested.aborted) return;
    if (attempt.error === undefined) {
      health.is({ doing: "finished" });
      if (watching === undefined) return aborted(termination.requested);
      waitSeconds = firstWaitSeconds;
      watching.told = undefined;
      await awaitInput(watching, served);
      continue;
    }
    if (watching !== undefined && (await mendsItself(served, watching, attempt.error))) continue;
    log.failed(attempt.error);
    if (attempt.hasCheckpoint) waitSeconds = firstWaitSeconds;
    await waitForNextTry(served, attempt.error, waitSeconds);
    waitSeconds = Math.min(longestWaitSeconds, waitSeconds * 2);
    if (!configuration.hasUpdate) continue;
    const keys = configuration.adopt();
    watching = watchingOf(served);
    health.serves(configuration.settings);
    health.configurationDiffers(undefined);
    waitSeconds = firstWaitSeconds;
    log.say("info", "configuration-adopted", `the changed file is in effect: ${keys.join(", ")}`, { keys });
  }
}

function watchingOf({ configuration, watchSeconds }: ServedPipeline): Watching | undefined {
  if (watchSeconds === undefined) return undefined;
  const { resolved, settings } = configuration;
  return { input: new InputWatch(resolved.plan, builtinCatalog, settings), seconds: watchSeconds, told: undefined };
}

/** Whether the run can begin again, since the watched input is, or becomes, another. Lets some time go by first. */
async function mendsItself(
  { configuration, health, log, termination }: ServedPipeline,
  watching: Watching,
  error: PipelineError,
): Promise<boolean> {
  const { seconds } = watching;
  if (configuration.hasUpdate) return false;
  const isMissing = missingInput.has(error.code);
  if (!isMissing && !(await isWithdrawn(error, configuration, log))) return false;
  health.is({ doing: "waiting" });
  const what = isMissing ? "no input yet" : "what was added last changed, and is listed anew";
  const told = `${what}; looked at again every ${formatDuration(seconds)}: ${error.message}`;
  if (told !== watching.told) log.say("info", "waiting", told);
  watching.told = told;
  // Ends early when the process is told to end, which the caller looks at.
  await delay(seconds * 1000, undefined, { signal: termination.requested }).catch(() => undefined);
  return true;
}

async function isWithdrawn(error: PipelineError, { settings }: ServedConfiguration, log: ServeLog): Promise<boolean> {
  try {
    return await withdrawChanged(error, settings);
  } catch (thrown) {
    // It is not known; the run meets the same, or fails as before, which leads here again.
    log.failed(asPipelineError(thrown, "INTERNAL", "unexpected error"));
    return true;
  }
}

async function waitForNextTry(
  { configuration, health, log, termination }: ServedPipeline,
  error: PipelineError,
  seconds: number,
): Promise<void> {
  if (configuration.hasUpdate) return;
  const mayPass = error.isRetryable || rightsFailures.has(error.code) || !lastingFailures.has(error.failureClass);
  health.is({ doing: mayPass ? "retrying" : "failed", error: errorRecord(error) });
  if (mayPass) log.say("warn", "retrying", `the run is begun again in ${formatDuration(seconds)}`, { seconds });
  else log.say("warn", "waiting", "doing the same again cannot help: waiting for another configuration");
  const over = new AbortController();
  const signal = AbortSignal.any([termination.requested, over.signal]);
  const waits = [configuration.updated(signal)];
  // Ends early when there is something else to do, which the caller looks at.
  if (mayPass) waits.push(delay(seconds * 1000, undefined, { signal }).catch(() => undefined));
  await Promise.race(waits);
  over.abort();
}

interface Attempt {
  /** Why the run did not succeed; undefined also when it was interrupted by the end of the process. */
  readonly error: PipelineError | undefined;
  /** Whether it got on. */
  readonly hasCheckpoint: boolean;
}

async function runOnce(served: ServedPipeline): Promise<Attempt> {
  const { configuration, health, metrics, log, termination, mode } = served;
  const { plan } = configuration.resolved;
  const { settings } = configuration;
  const watch = await watchRun(plan, mode);
  const run = startRun({
    plan,
    catalog: builtinCatalog,
    executor: await createExecutor(served.executor, { ...settings, catalogModule }),
    settings,
    ownsProcess: true,
    onEvent(event) {
      watch.onEvent(event);
      health.onEvent(event, watch.snapshot);
      metrics.onEvent(event);
    },
  });
  const drain = () => run.drain(termination.signal ?? "SIGTERM");
  const abort = () => run.abort();
  termination.requested.addEventListener("abort", drain, { once: true });
  termination.graceOver.addEventListener("abort", abort, { once: true });
  if (termination.requested.aborted) drain();
  let error: PipelineError | undefined;
  try {
    const summary = await run.finished;
    error = errorOf(summary);
    if (summary.outcome === "succeeded") sayDone(summary, log);
  } catch (thrown) {
    error = asPipelineError(thrown, "INTERNAL", "unexpected error");
  } finally {
    termination.requested.removeEventListener("abort", drain);
    termination.graceOver.removeEventListener("abort", abort);
    watch.close();
    await watch.settle();
  }
  return { error, hasCheckpoint: watch.snapshot.checkpoint !== null };
}

function errorOf(summary: RunSummary): PipelineError | undefined {
  if (summary.outcome === "succeeded") return undefined;
  if (summary.error !== null) return errorFromRecord(summary.error);
  return new PipelineError("TASK_FAILED", "the run ended before everything was done", { isRetryable: true });
}

function sayDone(summary: RunSummary, log: ServeLog): void {
  const { accounting, shards, shardBytes, destination, wasComplete } = summary;
  const what = wasComplete ? "was finished before" : "is finished";
  log.say(
    "info",
    "served",
    `${destination} ${what}: ${formatCount(accounting.written)} samples in ${plural(shards, "shard")}, ${formatBytes(shardBytes)}; this process stays`,
    { destination, samples: accounting.written, shards, bytes: shardBytes, wasComplete },
  );
}
