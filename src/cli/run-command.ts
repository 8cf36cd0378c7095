import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import type { RunSummary } from "../contract/run-event.ts";
import { type ActiveRun, startRun } from "../coordinator/run.ts";
import { createLocalExecutor } from "../executors/local/local-executor.ts";
import { machineLimits } from "../executors/local/machine-limits.ts";
import type { WorkerProcess } from "../executors/local/worker-process.ts";
import { asPipelineError, errorFromRecord, errorRecord } from "../model/errors.ts";
import type { ResolvedPipeline } from "../plan/resolve-pipeline.ts";
import { completeSettings } from "../plan/resolved-settings.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { catalogModule } from "./catalog-module.ts";
import { exitCodeOf } from "./exit-code.ts";
import { namesPipelineFile } from "./pipeline-input.ts";
import { errorLines } from "./print-error.ts";
import { resolveFile, resolveRawInput } from "./resolve-input.ts";
import { type RunWatch, type WatchMode, watchMode, watchRun } from "./run-watch.ts";
import { terminal } from "./terminal.ts";

interface RunOptions {
  /** Booting already; the run takes it over, and its caller closes it when there is none. */
  readonly firstWorker: WorkerProcess;
  readonly json?: true;
  readonly quiet?: true;
}

/** `pipeline run <input-or-file>`: the job, with live progress; answers the exit code. */
export async function runCommand(input: string, flags: Flags, options: RunOptions): Promise<number> {
  const mode = watchMode(options);
  try {
    const resolved = await resolveInput(input, flags, mode);
    for (const warning of resolved.warnings) terminal.note(`warning: ${warning}`);
    return await execute(resolved, mode, options.firstWorker, resumeCommand(input, flags));
  } catch (thrown) {
    // Machines that read events should not have to parse standard error; a person gets it there all the same.
    if (mode === "json") {
      const error = asPipelineError(thrown, "INTERNAL", "unexpected error");
      terminal.print(JSON.stringify({ time: new Date().toISOString(), type: "error", error: errorRecord(error) }));
    }
    throw thrown;
  }
}

async function resolveInput(input: string, flags: Flags, mode: WatchMode): Promise<ResolvedPipeline> {
  if (namesPipelineFile(input)) return resolveFile(input, flags);
  const { resolved, lines } = await resolveRawInput(input, flags);
  if (mode === "live" || mode === "lines") {
    terminal.note(...lines, `to change any of it: \`pipeline init ${quoted(input)}\` writes it as a file`, "");
  }
  return resolved;
}

async function execute(
  resolved: ResolvedPipeline,
  mode: WatchMode,
  firstWorker: WorkerProcess,
  resume: string,
): Promise<number> {
  const { plan } = resolved;
  const settings = completeSettings(resolved.settings, machineLimits());
  const stepIds = plan.stages.flatMap((stage) => stage.steps.map((step) => step.id));
  const watch = await watchRun({ stepIds, stageCount: plan.stages.length }, mode);
  const executor = createLocalExecutor({ workers: settings.workers, catalogModule, firstWorker });
  const run = startRun({ plan, catalog: builtinCatalog, executor, settings, onEvent: (event) => watch.onEvent(event) });
  const signals = listenForSignals(run);
  try {
    const summary = await run.finished;
    watch.close();
    await report(summary, settings.checkpoints, watch, stepIds, mode, resume);
    return exitCodeOf(summary, signals.first);
  } finally {
    watch.close();
    signals.stop();
  }
}

async function report(
  summary: RunSummary,
  checkpoints: string,
  watch: RunWatch,
  stepIds: readonly string[],
  mode: WatchMode,
  resume: string,
): Promise<void> {
  if (mode === "live" || mode === "lines") {
    const { reportLines } = await import("./run-report.ts");
    terminal.print(...(await reportLines(summary, checkpoints, watch.snapshot, stepIds, resume)));
  }
  if (summary.error !== null) terminal.note(...errorLines(errorFromRecord(summary.error)));
}

/** The first signal drains, the second ends at once. */
function listenForSignals(run: ActiveRun) {
  let first: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    if (first === undefined) {
      first = signal;
      run.drain(signal);
    } else {
      run.abort();
    }
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    get first() {
      return first;
    },
    stop: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

function resumeCommand(input: string, flags: Flags): string {
  const to = flags.output === undefined ? "" : ` --to ${quoted(String(flags.output))}`;
  const checkpoints = flags.checkpoints === undefined ? "" : ` --checkpoints ${quoted(String(flags.checkpoints))}`;
  return `pipeline run ${quoted(input)}${to}${checkpoints}`;
}

/** As a shell takes it. */
function quoted(argument: string): string {
  return /^[\w./:@%+=,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
