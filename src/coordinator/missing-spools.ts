import type { Plan } from "../contract/plan.ts";
import type { TaskId } from "../contract/receipt.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Storage } from "../storage/storage.ts";
import { joinUri } from "../storage/uri.ts";

/**
 * Makes tasks undone whose spools are gone: finishing a dataset removes them, and going back to a checkpoint before
 * that makes the tasks count that read them. Idempotent.
 */
export async function redoMissingSpools(ledger: Ledger, plan: Plan, storage: Storage, output: string): Promise<void> {
  const missing: TaskId[] = [];
  for await (const { stage, split, shards } of ledger.receipts()) {
    if (stage === plan.stages.length - 1) continue;
    for (const shard of shards) {
      if ((await storage.stat(joinUri(output, shard.storedAs))) !== undefined) continue;
      missing.push({ stage, split });
      break;
    }
  }
  if (missing.length > 0) await ledger.redo(missing);
}
