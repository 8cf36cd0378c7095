import { type Receipt, type TaskId, taskKey } from "../contract/receipt.ts";
import type { Shard } from "../contract/sink.ts";
import type { InputFile } from "../contract/source.ts";
import { runAccounts } from "../coordinator/run-accounts.ts";
import type { StartEntry } from "../ledger/entry.ts";
import { findListedFile } from "../ledger/find-listed-file.ts";
import { type FrozenSplit, readFrozenInput } from "../ledger/frozen-input.ts";
import { Ledger } from "../ledger/ledger.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { finishedTasks, type Manifest, manifestOf } from "../ledger/manifest.ts";
import type { PlacedRetryTask } from "../ledger/retries.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { findLedger } from "./ledger-folder.ts";

/** A run as its ledger tells it, finished or not; nothing of it is changed. */
export interface RecordedRun {
  /** URI of the output folder. */
  readonly output: string;
  readonly store: LedgerStore;
  readonly start: StartEntry;
  /** What the dataset consists of once everything is done that the ledger lists. */
  manifest(): Promise<Manifest>;
  /** The frozen input, in order. */
  splits(): AsyncIterable<FrozenSplit>;
  /** Those that count, read anew at every call. */
  receipts(): AsyncIterable<Receipt>;
  /** Tasks that try failed samples again. */
  retryTasks(): Promise<readonly PlacedRetryTask[]>;
  /** Quarantine files with the tasks that they belong to: without samples that were taken out to be tried again. */
  quarantines(): AsyncIterable<{ readonly task: TaskId; readonly file: Shard }>;
  /** The object that holds a listed file: its name changes when the run is finished. Rejects with DATASET_DAMAGED when there is none. */
  find(file: Shard): Promise<InputFile>;
}

/**
 * The run whose output folder the user named. `checkpoints` is needed where the ledger lies elsewhere.
 * Rejects with RUN_NOT_FOUND.
 */
export async function openRun(output: string, checkpoints?: string): Promise<RecordedRun> {
  const found = await findLedger(output, checkpoints);
  const ledger = await Ledger.open(found.store);
  const { start } = ledger;
  if (start === undefined)
    throw new PipelineError("LEDGER_CORRUPT", `${found.store.location} has checkpoints but none that begins a run`);
  return {
    output: found.output,
    store: found.store,
    start,
    manifest: async () =>
      manifestOf(await finishedTasks(ledger.receipts(), start.plan, await ledger.retryTasks()), {
        planHash: start.planHash,
        accounting: runAccounts(ledger.state, start.plan.stages.length).run,
      }),
    splits: () => readFrozenInput(found.store, ledger.state.input),
    receipts: () => ledger.receipts(),
    retryTasks: () => ledger.retryTasks(),
    quarantines: () => quarantinesOf(ledger),
    find: (file) => findFile(found.output, file),
  };
}

async function* quarantinesOf(ledger: Ledger): AsyncGenerator<{ readonly task: TaskId; readonly file: Shard }> {
  const replaced = new Map((await ledger.retryTasks()).map(({ from, remaining }) => [taskKey(from), remaining]));
  for await (const { stage, split, quarantine } of ledger.receipts()) {
    const remaining = replaced.get(taskKey({ stage, split }));
    const file = remaining === undefined ? quarantine : remaining;
    if (file !== undefined && file !== null) yield { task: { stage, split }, file };
  }
}

async function findFile(folder: string, file: Shard): Promise<InputFile> {
  const found = await findListedFile(storageFor(folder), folder, file);
  if (found !== undefined) return found.object;
  throw new PipelineError(
    "DATASET_DAMAGED",
    `${file.name} is not in ${folder}, or has another size than the ${file.bytes} bytes that the ledger lists`,
    { details: { folder, name: file.name } },
  );
}
