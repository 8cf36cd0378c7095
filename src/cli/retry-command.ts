import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import type { TaskId } from "../contract/receipt.ts";
import { fingerprintsOf } from "../coordinator/prepare-run.ts";
import type { ExecutorChoice } from "../executors/choose-executor.ts";
import { executorLimits } from "../executors/create-executor.ts";
import { Ledger } from "../ledger/ledger.ts";
import { isPublished, unpublish } from "../ledger/manifest.ts";
import { readQuarantineFile } from "../ledger/quarantine-records.ts";
import { PipelineError } from "../model/errors.ts";
import { recordedSettings } from "../plan/recorded-settings.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { storageFor } from "../storage/open-storage.ts";
import { formatCount } from "../telemetry/format-quantity.ts";
import { executeRun } from "./execute-run.ts";
import { exitCodes } from "./exit-code.ts";
import { type FailureChoice, failureSelection } from "./failure-selection.ts";
import { openRun, type RecordedRun } from "./open-run.ts";
import { brokenLineNote } from "./recorded-failures.ts";
import { retryTasksOf } from "./retry/retry-tasks.ts";
import { undoneTasksOf } from "./retry/undone-tasks.ts";
import { watchMode } from "./run-watch.ts";
import { terminal } from "./terminal.ts";

export interface RetryOptions extends FailureChoice {
  readonly checkpoints?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** What a task had quarantined. */
export interface QuarantinedTask {
  readonly task: TaskId;
  readonly chosen: readonly QuarantineRecord[];
  readonly others: readonly QuarantineRecord[];
}

/**
 * `pipeline retry <output>`: tries failed samples of a finished run again, with the operators as they are now, and
 * adds what comes of them to the same dataset. Exit code as that of `run`.
 */
export async function retryCommand(
  output: string,
  flags: Flags,
  executor: ExecutorChoice,
  options: RetryOptions,
): Promise<number> {
  const run = await openRun(output, options.checkpoints);
  if (!(await isPublished(storageFor(run.output), run.output))) {
    throw new PipelineError("RETRY_IMPOSSIBLE", `the run in ${run.output} is not finished: resume it first`, {
      details: { output: run.output },
    });
  }
  const tasks = await chosenTasks(run, failureSelection(run, options));
  const samples = tasks.reduce((sum, { chosen }) => sum + chosen.length, 0);
  const mode = watchMode(options);
  const isTold = mode === "live" || mode === "lines";
  if (samples === 0) {
    if (isTold) terminal.print("no failed sample is meant: nothing to try again");
    return exitCodes.done;
  }
  const ledger = await Ledger.open(run.store);
  const fingerprints = await fingerprintsOf(run.start.plan, builtinCatalog);
  const isSelective = run.start.plan.stages.length === 1;
  if (isTold) terminal.note(`trying ${formatCount(samples)} failed samples again${isSelective ? "" : whole}`);
  await unpublish(storageFor(run.output), run.output);
  const round = ledger.state.retries.length + 1;
  if (isSelective) await ledger.retry(() => retryTasksOf(run, tasks, round), fingerprints);
  else await ledger.redo(undoneTasksOf(run.start.plan, ledger.state, tasks), fingerprints);
  const places = { output: run.output, checkpoints: run.store.location };
  const settings = recordedSettings(run.start.plan.stages, places, run.start.judgement, flags, process.env, (workers) =>
    executorLimits(executor, workers),
  );
  const resume = `pipeline retry ${output}`;
  return (await executeRun({ plan: run.start.plan, settings, executor, mode, resume })).exitCode;
}

const whole = ": the plan has several stages, so their splits run again, with all that is gathered behind them";

async function chosenTasks(
  run: RecordedRun,
  isWanted: (record: QuarantineRecord) => boolean,
): Promise<readonly QuarantinedTask[]> {
  const tasks: QuarantinedTask[] = [];
  for await (const { task, file } of run.quarantines()) {
    const records: QuarantineRecord[] = [];
    for await (const line of readQuarantineFile((await run.find(file)).uri)) {
      if (line.kind === "broken") throw new PipelineError("DATASET_DAMAGED", brokenLineNote(line));
      records.push(line.record);
    }
    const chosen = records.filter(isWanted);
    if (chosen.length > 0) tasks.push({ task, chosen, others: records.filter((record) => !isWanted(record)) });
  }
  return tasks;
}
