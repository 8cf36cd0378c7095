import { type Receipt, taskKey } from "../contract/receipt.ts";
import type { Shard } from "../contract/sink.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Storage } from "../storage/storage.ts";
import { joinUri } from "../storage/uri.ts";

/**
 * Removes what attempts have written whose receipts came second, since nobody else may look at the output any more: the
 * dataset can be finished already. What the ledger lists stays, and so does every file under its final name, which is
 * that of the attempt that counts. Idempotent.
 */
export async function removeSuperseded(
  ledger: Ledger,
  storage: Storage,
  output: string,
  receipts: readonly Receipt[],
): Promise<void> {
  const written = new Set<string>();
  for (const file of receipts.flatMap(filesOf)) if (file.storedAs !== file.name) written.add(file.storedAs);
  if (written.size === 0) return;
  const tasks = new Set(receipts.map(taskKey));
  for await (const receipt of ledger.receipts()) {
    // The entry may be our own after all: an answer of the storage can be lost on its way.
    if (tasks.has(taskKey(receipt))) for (const file of filesOf(receipt)) written.delete(file.storedAs);
  }
  for (const name of written) await storage.remove(joinUri(output, name));
}

function filesOf({ shards, quarantine, outcomes }: Receipt): readonly Shard[] {
  return [...shards, quarantine, outcomes].filter((file) => file !== undefined);
}
