import process from "node:process";
import { entryNumbers } from "../ledger/ledger-reading.ts";
import { type LedgerStore, storedLedger } from "../ledger/ledger-store.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { joinUri, resolveUri } from "../storage/uri.ts";

/** Where a run wrote, and its ledger. */
export interface RunFolders {
  /** URI of the output folder. */
  readonly output: string;
  readonly store: LedgerStore;
}

/**
 * The ledger of the run whose output folder the user named; of a folder that is a ledger itself, that. `checkpoints`
 * says where the ledger is when it lies elsewhere. Rejects with RUN_NOT_FOUND.
 */
export async function findLedger(folder: string, checkpoints?: string): Promise<RunFolders> {
  const output = resolveUri(folder, process.cwd());
  const candidates =
    checkpoints === undefined ? [joinUri(output, ".checkpoints"), output] : [resolveUri(checkpoints, process.cwd())];
  for (const location of candidates) {
    const store = storedLedger(storageFor(location), location);
    if ((await entryNumbers(store)).length > 0)
      return { output: location === output ? output.slice(0, output.lastIndexOf("/")) : output, store };
  }
  const looked = candidates.map((candidate) => JSON.stringify(candidate)).reverse();
  const message = looked.length === 1 ? `${looked[0]} holds no` : `neither ${looked.join(" nor ")} holds`;
  throw new PipelineError("RUN_NOT_FOUND", `${message} checkpoints of a run`, {
    details: { output, checkpoints: candidates[0] ?? output },
  });
}
