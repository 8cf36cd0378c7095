import { type Receipt, type TaskId, taskKey } from "../contract/receipt.ts";
import { PipelineError } from "../model/errors.ts";
import {
  checkpointName,
  checkpointNumber,
  encodeEntry,
  type LedgerEntry,
  parseEntry,
  type StartEntry,
} from "./entry.ts";
import type { LedgerStore } from "./ledger-store.ts";

/** A checkpoint that was written. */
export interface Checkpoint {
  readonly name: string;
  /** Receipts that count: those of tasks which no earlier entry lists. */
  readonly receipts: readonly Receipt[];
}

/**
 * The append-only log of a run. Its entries, numbered without gaps, are the checkpoints; a task is
 * done once an entry lists it, and not before. Where two coordinators race for a number, one wins and
 * the other reads the winner's entry and takes the next number; a task that both list counts where
 * it stands first.
 */
export class Ledger {
  readonly #store: LedgerStore;
  readonly #done = new Set<string>();
  readonly #doneOfStage = new Map<number, number>();
  readonly #onReceipt: (receipt: Receipt) => void;
  #last = 0;
  #start: StartEntry | undefined;
  #isFinished = false;

  private constructor(store: LedgerStore, onReceipt: (receipt: Receipt) => void) {
    this.#store = store;
    this.#onReceipt = onReceipt;
  }

  /** Reads what is there. `onReceipt` is called once for every receipt that counts, now and later. */
  static async open(store: LedgerStore, onReceipt: (receipt: Receipt) => void): Promise<Ledger> {
    const ledger = new Ledger(store, onReceipt);
    await ledger.#readNew();
    return ledger;
  }

  /** The entry that began the run; undefined before `begin`. */
  get start(): StartEntry | undefined {
    return this.#start;
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  get finishedTasks(): number {
    return this.#done.size;
  }

  finishedTasksOf(stage: number): number {
    return this.#doneOfStage.get(stage) ?? 0;
  }

  isDone(task: TaskId): boolean {
    return this.#done.has(taskKey(task));
  }

  /** Begins the run, unless another coordinator was faster: then `start` is the other's entry. */
  async begin(entry: Omit<StartEntry, "version" | "type" | "at">): Promise<StartEntry> {
    await this.#append(() =>
      this.#start === undefined ? { version: 1, type: "start", at: now(), ...entry } : undefined,
    );
    if (this.#start === undefined)
      throw new PipelineError("LEDGER_CORRUPT", `${this.#store.location} has checkpoints but none that begins a run`);
    return this.#start;
  }

  /**
   * Makes receipts count. Those of tasks that are done already do not: their shards are orphans.
   * Undefined when none was left to write.
   */
  async commit(receipts: readonly Receipt[]): Promise<Checkpoint | undefined> {
    let counting: readonly Receipt[] = [];
    const name = await this.#append(() => {
      counting = receipts.filter((receipt) => !this.isDone(receipt));
      return counting.length === 0 ? undefined : { version: 1, type: "commit", at: now(), receipts: [...counting] };
    });
    return name === undefined ? undefined : { name, receipts: counting };
  }

  /** Says that every task is done. Idempotent. */
  async finish(): Promise<void> {
    await this.#append(() => (this.#isFinished ? undefined : { version: 1, type: "finish", at: now() }));
  }

  /** Every receipt that counts, in the order of the entries, read anew: they are not kept in memory. */
  async *receipts(): AsyncGenerator<Receipt> {
    const seen = new Set<string>();
    for (let number = 1; number <= this.#last; number++) {
      const entry = await this.#read(number);
      if (entry.type !== "commit") continue;
      for (const receipt of entry.receipts) {
        const key = taskKey(receipt);
        if (seen.has(key)) continue;
        seen.add(key);
        yield receipt;
      }
    }
  }

  /** Writes what `make` gives under the next number. `make` is asked again whenever another writer took the number. */
  async #append(make: () => LedgerEntry | undefined): Promise<string | undefined> {
    for (;;) {
      const entry = make();
      if (entry === undefined) return undefined;
      const number = this.#last + 1;
      const name = checkpointName(number);
      if (await this.#store.putIfAbsent(`${name}.json`, encodeEntry(entry))) {
        this.#apply(entry, number);
        return name;
      }
      await this.#readNew();
    }
  }

  async #readNew(): Promise<void> {
    const numbers: number[] = [];
    for await (const objectName of this.#store.names()) {
      const number = checkpointNumber(objectName);
      if (number !== undefined && number > this.#last) numbers.push(number);
    }
    numbers.sort((a, b) => a - b);
    for (const number of numbers) {
      if (number !== this.#last + 1) {
        throw new PipelineError(
          "LEDGER_CORRUPT",
          `${this.#store.location} lacks ${checkpointName(this.#last + 1)}.json, but has ${checkpointName(number)}.json`,
        );
      }
      this.#apply(await this.#read(number), number);
    }
  }

  async #read(number: number): Promise<LedgerEntry> {
    const name = checkpointName(number);
    return parseEntry(await this.#store.get(`${name}.json`), name, this.#store.location);
  }

  #apply(entry: LedgerEntry, number: number): void {
    if ((entry.type === "start") !== (number === 1)) {
      throw new PipelineError(
        "LEDGER_CORRUPT",
        `${checkpointName(number)}.json in ${this.#store.location} is a ${entry.type} entry: the first entry, and only it, begins a run`,
      );
    }
    this.#last = number;
    if (entry.type === "start") this.#start = entry;
    if (entry.type === "finish") this.#isFinished = true;
    if (entry.type !== "commit") return;
    for (const receipt of entry.receipts) {
      if (this.isDone(receipt)) continue;
      this.#done.add(taskKey(receipt));
      this.#doneOfStage.set(receipt.stage, this.finishedTasksOf(receipt.stage) + 1);
      this.#onReceipt(receipt);
    }
  }
}

function now(): string {
  return new Date().toISOString();
}
