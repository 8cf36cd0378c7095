import process from "node:process";
import type { Receipt } from "../contract/receipt.ts";
import type { Shard } from "../contract/sink.ts";
import type { InputFile, Split } from "../contract/source.ts";
import type { StartEntry } from "../ledger/entry.ts";
import { readFrozenInput } from "../ledger/frozen-input.ts";
import { Ledger } from "../ledger/ledger.ts";
import { storedLedger } from "../ledger/ledger-store.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { joinUri, resolveUri } from "../storage/uri.ts";

/** A run as its ledger tells it, finished or not; nothing of it is changed. */
export interface RecordedRun {
  /** URI of the output folder. */
  readonly output: string;
  readonly start: StartEntry;
  /** The frozen input, in order. */
  splits(): AsyncIterable<Split>;
  /** Those that count, read anew at every call. */
  receipts(): AsyncIterable<Receipt>;
  /** The object that holds a listed file: its name changes when the run is finished. Rejects with DATASET_DAMAGED when there is none. */
  find(file: Shard): Promise<InputFile>;
}

/**
 * The run whose output folder the user named. `checkpoints` is needed where the ledger lies elsewhere.
 * Rejects with RUN_NOT_FOUND.
 */
export async function openRun(output: string, checkpoints?: string): Promise<RecordedRun> {
  const folder = resolveUri(output, process.cwd());
  const location = checkpoints === undefined ? joinUri(folder, ".checkpoints") : resolveUri(checkpoints, process.cwd());
  const store = storedLedger(storageFor(location), location);
  const ledger = await Ledger.open(store, () => undefined);
  const { start } = ledger;
  if (start === undefined) {
    throw new PipelineError("RUN_NOT_FOUND", `${JSON.stringify(location)} holds no checkpoints of a run`, {
      details: { output: folder, checkpoints: location },
    });
  }
  return {
    output: folder,
    start,
    splits: () => readFrozenInput(store, start.input),
    receipts: () => ledger.receipts(),
    find: (file) => findFile(folder, file),
  };
}

async function findFile(folder: string, file: Shard): Promise<InputFile> {
  const storage = storageFor(folder);
  for (const name of new Set([file.name, file.storedAs])) {
    const found = await storage.stat(joinUri(folder, name));
    if (found?.bytes === file.bytes) return found;
  }
  throw new PipelineError(
    "DATASET_DAMAGED",
    `${file.name} is not in ${folder}, or has another size than the ${file.bytes} bytes that the ledger lists`,
    { details: { folder, name: file.name } },
  );
}
