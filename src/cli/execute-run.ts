import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import type { Plan } from "../contract/plan.ts";
import type { RunEvent, RunSummary } from "../contract/run-event.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import { type ActiveRun, startRun } from "../coordinator/run.ts";
import type { ExecutorChoice } from "../executors/choose-executor.ts";
import { createExecutor } from "../executors/create-executor.ts";
import type { WorkerProcess } from "../executors/local/worker-process.ts";
import { errorFromRecord } from "../model/errors.ts";
import { catalogModule } from "./catalog-module.ts";
import { exitCodeOf } from "./exit-code.ts";
import { errorLines } from "./print-error.ts";
import type { RunProfile } from "./run-profile.ts";
import { type RunWatch, type WatchMode, watchRun } from "./run-watch.ts";
import { terminal } from "./terminal.ts";

/** A plan to run, where, and how to show it. */
interface RunExecution {
  readonly plan: Plan;
  readonly settings: RunSettings;
  readonly executor: ExecutorChoice;
  readonly mode: WatchMode;
  /** Booting already; the run takes it over. */
  readonly firstWorker?: WorkerProcess;
  /** Begun already: what the run's processes are doing is told at the end. */
  readonly profile?: RunProfile;
  /** The command that goes on with the run, for a person; without it no report is printed at the end. */
  readonly resume?: string;
}

interface ExecutedRun {
  readonly summary: RunSummary;
  readonly exitCode: number;
}

/** Runs a plan with live progress and a report at the end; the first signal drains it, the second ends it at once. */
export async function executeRun(execution: RunExecution): Promise<ExecutedRun> {
  const { plan, settings, mode, firstWorker, profile } = execution;
  const stepIds = plan.stages.flatMap((stage) => stage.steps.map((step) => step.id));
  const watch = await watchRun(plan, mode);
  const executor = await createExecutor(execution.executor, {
    ...settings,
    catalogModule,
    ...(firstWorker === undefined ? {} : { firstWorker }),
    ...(profile === undefined ? {} : { profileFolder: profile.folder }),
  });
  const onEvent = (event: RunEvent) => {
    watch.onEvent(event);
    profile?.onEvent(event);
  };
  const run = startRun({ plan, catalog: builtinCatalog, executor, settings, ownsProcess: true, onEvent });
  const signals = listenForSignals(run);
  try {
    const summary = await run.finished;
    await profile?.finish();
    watch.close();
    await report(summary, watch, stepIds, execution);
    return { summary, exitCode: exitCodeOf(summary, signals.first) };
  } finally {
    watch.close();
    await watch.settle();
    signals.stop();
  }
}

async function report(
  summary: RunSummary,
  watch: RunWatch,
  stepIds: readonly string[],
  { settings, mode, resume, profile }: RunExecution,
): Promise<void> {
  if (resume !== undefined && (mode === "live" || mode === "lines")) {
    const { reportLines } = await import("./run-report.ts");
    terminal.print(...(await reportLines(summary, settings.checkpoints, watch.snapshot, stepIds, resume)));
    if (profile !== undefined) terminal.print(...(await profile.reportLines(stepIds)));
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
