import { hostname } from "node:os";
import process from "node:process";
import { refuseGathering } from "../../coordinator/new-input.ts";
import type { ExecutorChoice } from "../../executors/choose-executor.ts";
import { asPipelineError } from "../../model/errors.ts";
import type { Flags } from "../../plan/settings-overrides.ts";
import { healthRoutes } from "../../server/health-routes.ts";
import { type Listener, listen } from "../../server/listen.ts";
import { metricsRoutes } from "../../server/metrics-route.ts";
import { ProcessHealth } from "../../server/process-health.ts";
import { createRunMetrics, type RunMetrics } from "../../telemetry/run-metrics.ts";
import { exitCodes } from "../exit-code.ts";
import { terminal } from "../terminal.ts";
import { type ServeLog, serveLog } from "./serve-log.ts";
import { type ServeFlags, type ServeOptions, serveOptions } from "./serve-options.ts";
import { type ServedPipeline, serveRuns } from "./serve-runs.ts";
import { ServedConfiguration } from "./served-configuration.ts";
import { Termination } from "./termination.ts";

interface OutputOptions {
  readonly logJson?: true;
  readonly quiet?: true;
  /** Of this program. */
  readonly version: string;
}

/**
 * `pipeline serve --config <file>`: the long-lived process of a Deployment. Ends only when it is told to, with 0, since
 * whatever is unfinished is resumed; or with 2 when it could not begin: a port that is taken, a file that is not valid.
 */
export async function serveCommand(
  serveFlags: ServeFlags,
  flags: Flags,
  executor: ExecutorChoice,
  { logJson, quiet, version }: OutputOptions,
): Promise<number> {
  const options = serveOptions(serveFlags, process.env);
  const mode = logJson === true ? "log" : quiet === true ? "quiet" : "lines";
  const log = serveLog(mode);
  const metrics = createRunMetrics({ version });
  const health = new ProcessHealth({ releaseId: version, serviceId: hostname(), environment: process.env });
  const termination = new Termination(options.terminationGraceSeconds);
  termination.requested.addEventListener("abort", () => health.drains(termination.signal ?? "SIGTERM"));
  const listeners: Listener[] = [];
  try {
    await openListeners(options, health, metrics, log, listeners);
    const configuration = await ServedConfiguration.open(options.config, flags, executor);
    for (const warning of configuration.resolved.warnings) log.say("warn", "warning", `warning: ${warning}`);
    const { watchSeconds } = options;
    if (watchSeconds !== undefined) refuseGathering(configuration.resolved.plan);
    await serveUntilTold({ configuration, executor, health, metrics, log, termination, mode, watchSeconds });
    return exitCodes.done;
  } catch (thrown) {
    // A person reads it on standard error, where the caller prints it; a collector of logs does not.
    if (mode === "log") log.failed(asPipelineError(thrown, "INTERNAL", "unexpected error"));
    throw thrown;
  } finally {
    termination.close();
    health.close();
    await Promise.all(listeners.map((listener) => listener.close()));
  }
}

async function openListeners(
  { host, healthPort, metricsPort }: ServeOptions,
  health: ProcessHealth,
  metrics: RunMetrics,
  log: ServeLog,
  opened: Listener[],
): Promise<void> {
  const onError = (error: unknown) => log.failed(asPipelineError(error, "INTERNAL", "a request cannot be answered"));
  const healthListener = await listen({ host, port: healthPort }, healthRoutes(health), onError);
  opened.push(healthListener);
  const metricsListener = await listen({ host, port: metricsPort }, metricsRoutes(metrics), onError);
  opened.push(metricsListener);
  const urls = { health: `${healthListener.url}/health`, metrics: `${metricsListener.url}/metrics` };
  log.say("info", "listening", `health: ${urls.health}  metrics: ${urls.metrics}`, urls);
}

async function serveUntilTold(served: ServedPipeline): Promise<void> {
  const { configuration, health, log, termination } = served;
  health.serves(configuration.settings);
  configuration.watch((difference) => {
    health.configurationDiffers(difference);
    const level = difference === undefined ? "info" : "warn";
    log.say(level, "configuration-changed", difference ?? "the file says again what is in effect");
  });
  try {
    const runs = serveRuns(served).then(() => "drained" as const);
    const ended = await Promise.race([runs, termination.end().then(() => "cut off" as const)]);
    if (ended === "drained" && !termination.graceOver.aborted) {
      const text = `${termination.signal}: what was under way is checkpointed; started again, it goes on from there`;
      log.say("info", "stopped", text);
      return;
    }
    log.say("warn", "stopped", "the time to end is over: what is not checkpointed is done again");
    if (ended === "drained") return;
    await terminal.flush();
    // Whatever hangs must not keep the process: nothing that it could still write counts.
    process.exit(exitCodes.done);
  } finally {
    configuration.close();
  }
}
