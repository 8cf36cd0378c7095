import type { Receipt } from "../contract/receipt.ts";
import { PipelineError } from "../model/errors.ts";
import { checkpointName, encodeObject, type LedgerEntry } from "./entry.ts";
import {
  applyEntry,
  isGone,
  mostReloads,
  newestSnapshot,
  noSnapshot,
  readEntry,
  readReceipts,
  readState,
} from "./ledger-reading.ts";
import { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { retain } from "./retention.ts";
import { TaskSet } from "./task-set.ts";

/** Entries behind a snapshot, beyond those that are kept to go back to, before the next one is written. */
const entriesPerSnapshot = 64;

/** What gives the next entry, from the state as it is then; undefined: none is needed. */
export type MakeEntry = () => LedgerEntry | undefined | Promise<LedgerEntry | undefined>;

/**
 * The entries of a ledger, whatever they say: numbered without gaps, each created by whoever is first, followed by
 * whoever else is there.
 *
 * Old entries are folded into snapshots and removed. A writer that slept so long that the number it wants is
 * free again finds a snapshot at or behind that number once it has written, and knows that its entry counts for
 * nobody: it reads on from the snapshot and appends anew.
 */
export class LedgerLog {
  readonly #store: LedgerStore;
  #state = new LedgerState();
  /** The newest that was read. */
  #snapshot = noSnapshot;
  /** One operation at a time: each begins where the one before has left the state. */
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** Reads what is there: one snapshot and the entries behind it. */
  static async open(store: LedgerStore): Promise<LedgerLog> {
    const log = new LedgerLog(store);
    await log.#load();
    return log;
  }

  /** What the entries that were read so far add up to. Not to be changed. */
  get state(): LedgerState {
    return this.#state;
  }

  /** Every receipt that counts, each task once, in the order of the commits, read anew: they are not kept in memory. */
  async *receipts(): AsyncGenerator<Receipt> {
    const seen: TaskSet[] = [];
    for (let reload = 0; ; reload++) {
      try {
        for await (const receipt of readReceipts(this.#store, this.#state)) {
          if ((seen[receipt.stage] ??= new TaskSet()).add(receipt.split)) yield receipt;
        }
        return;
      } catch (error) {
        if (!isGone(error) || reload >= mostReloads) throw error;
        await this.#load();
      }
    }
  }

  /** Reads what other coordinators have written since. */
  refresh(): Promise<void> {
    return this.#alone(() => this.#readNew());
  }

  async #readNew(): Promise<void> {
    for (;;) {
      let entry: LedgerEntry;
      try {
        entry = await readEntry(this.#store, this.#state.number + 1);
      } catch (error) {
        if (!isGone(error)) throw error;
        if ((await this.#newestSnapshot()) > this.#state.number) await this.#load();
        return;
      }
      applyEntry(this.#state, entry, this.#store);
    }
  }

  /** Whether so many entries have come since the last snapshot that `retain` is worth its while. */
  isRetentionDue(keep: number): boolean {
    return this.#state.number - this.#snapshot.number >= keep + entriesPerSnapshot;
  }

  /** Keeps the last `keep` checkpoints as places to go back to; folds what is older into a snapshot and removes it. */
  retain(keep: number): Promise<void> {
    return this.#alone(() => this.#retain(keep));
  }

  async #retain(keep: number): Promise<void> {
    const { start } = this.#state;
    if (start === undefined) return;
    try {
      await retain(this.#store, this.#state.number, keep, start.runId);
    } catch (error) {
      // Another writer folds the same entries away: what is left to remove goes the next time.
      if (!isGone(error)) throw error;
    }
    await this.#load();
  }

  /**
   * Writes what `make` gives under the next number, and answers its name. `make` is asked again whenever another
   * writer took the number.
   */
  append(make: MakeEntry): Promise<string | undefined> {
    return this.#alone(() => this.#appendNext(make));
  }

  #alone<Result>(operation: () => Promise<Result>): Promise<Result> {
    const result = this.#busy.then(operation);
    // Whoever asked for the operation gets its failure; the next one begins all the same.
    this.#busy = result.catch(() => undefined);
    return result;
  }

  async #appendNext(make: MakeEntry): Promise<string | undefined> {
    for (;;) {
      const number = this.#state.number + 1;
      const entry = await make();
      if (entry === undefined) return undefined;
      // Whatever was folded away meanwhile has been read anew: the entry may not follow from what it follows.
      if (this.#state.number + 1 !== number) continue;
      const name = checkpointName(number);
      if (!(await this.#store.putIfAbsent(`${name}.json`, encodeObject(entry)))) {
        await this.#readNew();
        if (this.#state.number < number) throw this.#unreadable(name);
      } else if ((await this.#newestSnapshot()) < number) {
        applyEntry(this.#state, entry, this.#store);
        return name;
      } else {
        await this.#load();
      }
    }
  }

  async #load(): Promise<void> {
    for (let reload = 0; ; reload++) {
      try {
        const { state, snapshot } = await readState(this.#store);
        this.#state = state;
        this.#snapshot = snapshot;
        return;
      } catch (error) {
        if (!isGone(error) || reload >= mostReloads) throw error;
      }
    }
  }

  /** Number of the entry whose state it is. */
  async #newestSnapshot(): Promise<number> {
    return (await newestSnapshot(this.#store, this.#snapshot)).number;
  }

  #unreadable(name: string): PipelineError {
    return new PipelineError(
      "LEDGER_CORRUPT",
      `${name}.json in ${this.#store.location} exists when it is written but not when it is read`,
      { details: { name, location: this.#store.location } },
    );
  }
}
