import { type TaskId, taskKey } from "../contract/receipt.ts";
import type { Shard } from "../contract/sink.ts";
import { findListedFile } from "../ledger/find-listed-file.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Storage } from "../storage/storage.ts";

/**
 * Makes tasks undone whose files are gone: finishing a dataset removes spools and what other attempts left, and going
 * back to a checkpoint makes tasks count whose files that were. Idempotent.
 */
export async function redoMissingFiles(ledger: Ledger, storage: Storage, output: string): Promise<void> {
  const missing: TaskId[] = [];
  const emptied = new Set((await ledger.retryTasks()).map(({ from }) => taskKey(from)));
  for await (const receipt of ledger.receipts()) {
    const { shards, outcomes } = receipt;
    // A retry has put another quarantine file in the place of the task's own.
    const quarantine = emptied.has(taskKey(receipt)) ? undefined : receipt.quarantine;
    if (!(await areThere([...shards, quarantine, outcomes], storage, output)))
      missing.push({ stage: receipt.stage, split: receipt.split });
  }
  if (missing.length > 0) await ledger.redo(missing);
}

async function areThere(files: readonly (Shard | undefined)[], storage: Storage, output: string): Promise<boolean> {
  for (const file of files) {
    if (file !== undefined && (await findListedFile(storage, output, file)) === undefined) return false;
  }
  return true;
}
