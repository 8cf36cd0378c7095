import process from "node:process";
import type { TaskId } from "../../contract/receipt.ts";
import type { ExecutorChoice } from "../../executors/choose-executor.ts";
import { executorLimits } from "../../executors/create-executor.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { unpublish } from "../../ledger/manifest.ts";
import { recordedSettings } from "../../plan/recorded-settings.ts";
import type { Flags } from "../../plan/settings-overrides.ts";
import { storageFor } from "../../storage/open-storage.ts";
import { executeRun } from "../execute-run.ts";
import type { RecordedRun } from "../open-run.ts";
import type { WatchMode } from "../run-watch.ts";
import type { Damage } from "./verify-dataset.ts";

/**
 * Runs again the tasks whose files are damaged, and publishes anew what the ledger lists; answers the exit code of
 * that run. Behind a gather step everything before it has to run again too, since what it handed on is gone.
 */
export async function repairDataset(
  run: RecordedRun,
  damages: readonly Damage[],
  flags: Flags,
  executor: ExecutorChoice,
  mode: WatchMode,
): Promise<number> {
  const tasks = await tasksThatWrote(run, new Set(damages.map(({ file }) => file)));
  await unpublish(storageFor(run.output), run.output);
  const ledger = await Ledger.open(run.store);
  if (tasks.length > 0) await ledger.redo(tasks);
  const places = { output: run.output, checkpoints: run.store.location };
  const settings = recordedSettings(run.start.plan.stages, places, run.start.judgement, flags, process.env, (workers) =>
    executorLimits(executor, workers),
  );
  // What failed has failed before, and was accepted then.
  const { plan } = run.start;
  return (await executeRun({ plan, settings: { ...settings, maxFailureRatio: 1 }, executor, mode })).exitCode;
}

async function tasksThatWrote(run: RecordedRun, files: ReadonlySet<string>): Promise<readonly TaskId[]> {
  const tasks: TaskId[] = [];
  for await (const { stage, split, shards, quarantine, outcomes } of run.receipts()) {
    const written = [...shards, quarantine, outcomes];
    if (written.some((file) => file !== undefined && files.has(file.name))) tasks.push({ stage, split });
  }
  return tasks;
}
