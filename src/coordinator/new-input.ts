import { hash } from "node:crypto";
import type { Catalog } from "../contract/catalog.ts";
import { openPlanSource } from "../contract/open-plan-source.ts";
import type { Plan } from "../contract/plan.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import type { InputFile, OpenedSource, Split } from "../contract/source.ts";
import { readFrozenInput } from "../ledger/frozen-input.ts";
import { Ledger } from "../ledger/ledger.ts";
import { type LedgerStore, storedLedger } from "../ledger/ledger-store.ts";
import { unpublish } from "../ledger/manifest.ts";
import { DigestSet } from "../model/digest-set.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { inputTotals } from "./input-totals.ts";
import { isPublishedAs } from "./published.ts";

export type LookResult =
  /** There is work: of before, or what was found, of which splits and bytes tell. */
  | { readonly found: "work"; readonly splits: number; readonly bytes: number }
  /** Files that were not there at the look before: they are taken if they are the same at the next one. */
  | { readonly found: "unsettled"; readonly groups: number }
  | { readonly found: "nothing" };

/**
 * Looks for input that came, or changed, after a run had begun, and adds it to the run. Groups of files count as
 * known by name and version. What is new is taken at the second look that finds it the same, so that a file which is
 * still being written, or a caption that comes after its image, costs nothing but time.
 *
 * Remembers 16 to 43 bytes for each group that is known.
 */
export class InputWatch {
  readonly #plan: Plan;
  readonly #catalog: Catalog;
  readonly #places: Pick<RunSettings, "output" | "checkpoints">;
  #known = new DigestSet();
  /** `#known` holds the splits below this number, of the input as it was at that epoch. */
  #knownSplits = 0;
  #knownEpoch = -1;
  #unsettled = new DigestSet();

  constructor(plan: Plan, catalog: Catalog, places: Pick<RunSettings, "output" | "checkpoints">) {
    this.#plan = plan;
    this.#catalog = catalog;
    this.#places = places;
  }

  /**
   * Lists the input once. What was added is in the ledger of the run when this resolves, and the dataset is not
   * published any more. Rejects as listing does, and as `refuseGathering`; several processes may look at once.
   */
  async look(signal: AbortSignal): Promise<LookResult> {
    refuseGathering(this.#plan);
    const { output, checkpoints } = this.#places;
    const store = storedLedger(storageFor(checkpoints), checkpoints);
    const ledger = await Ledger.open(store);
    const storage = storageFor(output);
    if (!ledger.state.isFinished || !(await isPublishedAs(ledger.state, this.#plan, storage, output)))
      return { found: "work", splits: 0, bytes: 0 };
    const source = await openPlanSource(this.#plan, this.#catalog);
    try {
      await this.#learn(ledger, store, source);
      const before = ledger.state.additions.length;
      const unsettled = new DigestSet();
      const hasAdded = await ledger.extend(
        () => this.#newSplits(source, unsettled, signal),
        () => unpublish(storage, output),
      );
      this.#unsettled = unsettled;
      // Another process may have been about to say that the dataset is finished.
      if (hasAdded) await unpublish(storage, output);
      const added = ledger.state.additions.slice(before);
      if (added.length > 0) return { found: "work", ...inputTotals(added) };
      return unsettled.size === 0 ? { found: "nothing" } : { found: "unsettled", groups: unsettled.size };
    } finally {
      await source.close?.();
    }
  }

  /** Of what is new, what was the same at the last look; the rest goes into `unsettled`. */
  async *#newSplits(source: OpenedSource, unsettled: DigestSet, signal: AbortSignal): AsyncGenerator<Split> {
    const leavesOut = (files: readonly InputFile[]) => {
      const digest = digestOf(files);
      if (this.#known.has(digest)) return true;
      if (this.#unsettled.has(digest)) return false;
      unsettled.add(digest);
      return true;
    };
    try {
      yield* source.splits(signal, leavesOut);
    } catch (error) {
      // All that is new is empty, or everything is gone: there is nothing to add.
      if (!(error instanceof PipelineError && error.code === "INPUT_EMPTY")) throw error;
    }
  }

  /** Reads what the ledger's input has that is not known yet; all of it, where some of it is not input any more. */
  async #learn(ledger: Ledger, store: LedgerStore, source: OpenedSource): Promise<void> {
    const { state } = ledger;
    if (this.#knownEpoch !== state.epoch) {
      this.#known = new DigestSet();
      this.#knownSplits = 0;
    }
    const from = this.#knownSplits;
    for await (const { index, split } of readFrozenInput(store, state.input, (_first, end) => end > from)) {
      if (index < from) continue;
      const groups = source.groups?.(split) ?? split.files.map((file) => [file]);
      for (const files of groups) this.#known.add(digestOf(files));
    }
    this.#knownSplits = state.nextSplit;
    this.#knownEpoch = state.epoch;
  }
}

function digestOf(files: readonly InputFile[]): Uint8Array {
  return hash("sha256", JSON.stringify(files.map(({ uri, version }) => [uri, version])), "buffer");
}

/** Throws INVALID_OPTION for a plan whose steps gather: more input may change what becomes of all that was there. */
export function refuseGathering(plan: Plan): void {
  const gathering = plan.stages.flatMap(({ steps }) => steps).find(({ kind }) => kind === "gather");
  if (gathering === undefined && plan.stages.length === 1) return;
  const why =
    gathering === undefined
      ? "the plan is not streaming"
      : `step ${gathering.id} looks at all samples at once: one more may change what becomes of those before`;
  throw new PipelineError("INVALID_OPTION", `watching for new input is not possible: ${why}`, {
    details: gathering === undefined ? {} : { step: gathering.id },
  });
}
