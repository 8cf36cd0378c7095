import { isDeepStrictEqual } from "node:util";
import type { Plan } from "../contract/plan.ts";
import type { LedgerState } from "../ledger/ledger-state.ts";
import { isPublished } from "../ledger/manifest.ts";
import { readManifest } from "../ledger/read-manifest.ts";
import { PipelineError } from "../model/errors.ts";
import type { Storage } from "../storage/storage.ts";
import { runAccounts } from "./run-accounts.ts";

/**
 * Whether the dataset in a folder is finished, and is what the ledger says by now: a process that slept while it
 * published may leave the manifest of an earlier state. A manifest that cannot be read counts: it is for `verify` to
 * tell what is wrong with it.
 */
export async function isPublishedAs(
  state: Readonly<LedgerState>,
  plan: Plan,
  storage: Storage,
  output: string,
): Promise<boolean> {
  if (!(await isPublished(storage, output))) return false;
  try {
    const { accounting } = await readManifest(storage, output);
    return isDeepStrictEqual(accounting, runAccounts(state, plan.stages.length).run);
  } catch (error) {
    if (error instanceof PipelineError && error.code === "DATASET_DAMAGED") return true;
    throw error;
  }
}
