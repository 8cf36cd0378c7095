import { setTimeout as delay } from "node:timers/promises";
import type { Plan } from "../contract/plan.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { finishedTasks, publish, unpublish } from "../ledger/manifest.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { isPublishedAs } from "./published.ts";
import { runAccounts } from "./run-accounts.ts";
import type { LedgerWork } from "./shared-work.ts";

const publishKey = "publish";
const pollSeconds = 0.5;

/**
 * Publishes the dataset of a finished ledger, or waits until the coordinator that does so has: publishing moves
 * files, and two at once would be in each other's way. False when it was stopped before, or when somebody has made
 * work undone meanwhile, which the ledger's epoch tells.
 */
export async function publishOnce(
  ledger: Ledger,
  work: LedgerWork,
  plan: Plan,
  { output, checkpoints }: Pick<RunSettings, "output" | "checkpoints">,
  stopped: AbortSignal,
): Promise<boolean> {
  const storage = storageFor(output);
  const { start } = ledger;
  if (start === undefined) throw new PipelineError("LEDGER_CORRUPT", `a finished ledger of ${output} begins no run`);
  while (!(await work.claim([publishKey])).has(publishKey)) {
    await work.refresh();
    if (!ledger.state.isFinished) return false;
    if (await isPublishedAs(ledger.state, plan, storage, output)) return true;
    if (stopped.aborted) return false;
    // Ends early when the run is told to stop, which is looked at next.
    await delay(pollSeconds * 1000, undefined, { signal: stopped }).catch(() => undefined);
  }
  await work.refresh();
  if (!ledger.state.isFinished) return false;
  // What a killed coordinator left of an entry; of one that lives it would be the entry that it is writing.
  if (!work.hasCompany) await storageFor(checkpoints).removeTemporary(checkpoints);
  // Of an earlier state, by somebody who slept while it was published.
  if (!(await isPublishedAs(ledger.state, plan, storage, output))) await unpublish(storage, output);
  await publish(storage, output, await finishedTasks(ledger.receipts(), plan, await ledger.retryTasks()), {
    planHash: start.planHash,
    accounting: runAccounts(ledger.state, plan.stages.length).run,
    ...(plan.stages.length === 1 ? { splitsBelow: ledger.state.nextSplit } : {}),
  });
  return true;
}
