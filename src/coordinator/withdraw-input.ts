import type { RunSettings } from "../contract/run-settings.ts";
import type { InputFile } from "../contract/source.ts";
import { readFrozenInput } from "../ledger/frozen-input.ts";
import { Ledger } from "../ledger/ledger.ts";
import type { InputPart } from "../ledger/ledger-state.ts";
import { type LedgerStore, storedLedger } from "../ledger/ledger-store.ts";
import type { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { shownUri } from "../storage/uri.ts";

/**
 * Whether a run that failed with `error`, since a file changed between being listed and being read, can go on: takes
 * back what was added to its input last, when that names the file and is not done, so that it is listed as it is now.
 * True as well where another process has done so. False for a file of the input that the run began with, which stays
 * frozen, and for any other error.
 */
export async function withdrawChanged(
  error: PipelineError,
  { checkpoints }: Pick<RunSettings, "checkpoints">,
): Promise<boolean> {
  const { path } = error.details;
  if (error.code !== "INPUT_CHANGED" || typeof path !== "string") return false;
  const store = storedLedger(storageFor(checkpoints), checkpoints);
  const ledger = await Ledger.open(store);
  const { start, state } = ledger;
  if (start === undefined) return false;
  for (const addition of state.additions.toReversed()) {
    const file = await fileIn(store, addition, path);
    if (file === undefined) continue;
    if ((await storageFor(file.uri).stat(file.uri))?.version === file.version) return true;
    return addition === state.additions.at(-1) && !state.isFinished && (await ledger.withdraw(addition));
  }
  return (await fileIn(store, { firstSplit: 0, ...start.input }, path)) === undefined;
}

async function fileIn(store: LedgerStore, part: InputPart, path: string): Promise<InputFile | undefined> {
  for await (const { split } of readFrozenInput(store, [part])) {
    const file = split.files.find(({ uri }) => shownUri(uri) === path);
    if (file !== undefined) return file;
  }
  return undefined;
}
