import type { Receipt, TaskId } from "../contract/receipt.ts";
import type { Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import { ledgerVersion, type StartEntry } from "./entry.ts";
import { additionScope, freezeInput } from "./frozen-input.ts";
import { LedgerLog } from "./ledger-log.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { type PlacedRetryTask, type RetryTask, readRetries, writeRetries } from "./retries.ts";
import { copyOfCheckpoint, stateAfter } from "./rollback-target.ts";
import type { AddedInput } from "./state-record.ts";
import { TaskSet } from "./task-set.ts";
import { stateWithout } from "./undone-state.ts";

/** A checkpoint that was written. */
export interface Checkpoint {
  readonly name: string;
  /** Receipts that count: those of tasks which no earlier entry lists. */
  readonly receipts: readonly Receipt[];
}

const head = () => ({ version: ledgerVersion, at: new Date().toISOString() });

/**
 * The append-only log of a run. Its entries, numbered without gaps, are the checkpoints; a task is
 * done once an entry lists it, and not before. Where two coordinators race for a number, one wins and
 * the other reads the winner's entry and takes the next number; a task that both list counts where
 * it stands first.
 */
export class Ledger {
  readonly #store: LedgerStore;
  readonly #log: LedgerLog;

  private constructor(store: LedgerStore, log: LedgerLog) {
    this.#store = store;
    this.#log = log;
  }

  /** Reads what is there: one snapshot and the entries behind it. */
  static async open(store: LedgerStore): Promise<Ledger> {
    return new Ledger(store, await LedgerLog.open(store));
  }

  get #state(): LedgerState {
    return this.#log.state;
  }

  /** The entry that began the run; undefined before `begin`. */
  get start(): StartEntry | undefined {
    return this.#state.start;
  }

  /** What the entries that were read so far add up to. Not to be changed. */
  get state(): Readonly<LedgerState> {
    return this.#state;
  }

  isDone(task: TaskId): boolean {
    return this.#state.isDone(task);
  }

  finishedTasksOf(stage: number): number {
    return this.#state.stages[stage]?.done.size ?? 0;
  }

  /** Begins the run, unless another coordinator was faster: then `start` is the other's entry. */
  async begin(entry: Omit<StartEntry, "version" | "type" | "at">): Promise<StartEntry> {
    await this.#log.append(() => (this.start === undefined ? { ...head(), type: "start", ...entry } : undefined));
    if (this.start === undefined)
      throw new PipelineError("LEDGER_CORRUPT", `${this.#store.location} has checkpoints but none that begins a run`);
    return this.start;
  }

  /**
   * Makes receipts count. Those of tasks that are done already do not: their shards are orphans.
   * Undefined when none was left to write.
   */
  async commit(receipts: readonly Receipt[]): Promise<Checkpoint | undefined> {
    let counting: readonly Receipt[] = [];
    const name = await this.#log.append(() => {
      counting = receipts.filter((receipt) => !this.isDone(receipt));
      return counting.length === 0 ? undefined : { ...head(), type: "commit", receipts: [...counting] };
    });
    return name === undefined ? undefined : { name, receipts: counting };
  }

  /**
   * Says that every task is done, as was found at `workVersion`. False, and nothing is said, when work has become
   * undone or was added since. Idempotent.
   */
  async finish(workVersion: string): Promise<boolean> {
    await this.#log.append(() =>
      this.#state.isFinished || this.#state.workVersion !== workVersion ? undefined : { ...head(), type: "finish" },
    );
    return this.#state.isFinished && this.#state.workVersion === workVersion;
  }

  /**
   * Makes splits that `list` gives part of the input of a run that is finished, in order. `beforehand` is called when
   * there are any, before the entry is written. False, and nothing is added, where there is none, and where another
   * writer was faster, whatever it wrote: what is new has to be looked for again then.
   */
  async extend(list: () => AsyncIterable<Split>, beforehand: () => Promise<void>): Promise<boolean> {
    let hasListed = false;
    const written = await this.#log.append(async () => {
      const { number, nextSplit, isFinished } = this.#state;
      if (hasListed || !isFinished) return undefined;
      hasListed = true;
      const input = await freezeInput(this.#store, additionScope(number + 1), list());
      if (input === undefined) return undefined;
      await beforehand();
      return { ...head(), type: "extend", input: { firstSplit: nextSplit, ...input } };
    });
    return written !== undefined;
  }

  /** Rejects with CHECKPOINT_NOT_FOUND unless `rollBack` could go back to the checkpoint of that name. */
  async findCheckpoint(name: string): Promise<void> {
    await stateAfter(this.#store, name, this.#state.number);
  }

  /**
   * Makes everything as it was after the checkpoint of that name. Each name takes effect once in the life of a
   * ledger: false when it has before, in which case nothing changes. Rejects with CHECKPOINT_NOT_FOUND.
   */
  async rollBack(to: string): Promise<boolean> {
    const written = await this.#log.append(async () => {
      if (this.#state.rollbacks.includes(to)) return undefined;
      const number = this.#state.number + 1;
      const { target, segments } = await copyOfCheckpoint(this.#store, to, number);
      const entry = head();
      const { epoch, rollbacks } = this.#state;
      const state = {
        ...target.toRecord(segments),
        number,
        at: entry.at,
        epoch: epoch + 1,
        rollbacks: [...rollbacks, to],
      };
      return { ...entry, type: "rollback", to, state };
    });
    return written !== undefined;
  }

  /**
   * Makes tasks undone, so that they are run again: what they wrote was damaged, or what they read or did is mended, of
   * which `fingerprints` tell. Those that are not done do not matter.
   */
  async redo(tasks: readonly TaskId[], fingerprints?: StartEntry["fingerprints"]): Promise<void> {
    const undone: TaskSet[] = [];
    for (const { stage, split } of tasks) (undone[stage] ??= new TaskSet()).add(split);
    await this.#log.append(async () => {
      if (!tasks.some((task) => this.isDone(task))) return undefined;
      const entry = head();
      const isUndone = ({ stage, split }: TaskId) => undone[stage]?.has(split) ?? false;
      const next = { number: this.#state.number + 1, at: entry.at };
      const state = await stateWithout(this.#store, this.#state, this.receipts(), isUndone, next);
      if (fingerprints !== undefined) state.fingerprints = fingerprints;
      return { ...entry, type: "redo", tasks: [...tasks], state };
    });
  }

  /**
   * Takes back what was added to the input last, done or not: it is to be listed anew. False, and nothing changes,
   * when `addition` is not the last one any more, or failed samples of it are tried again.
   */
  async withdraw(addition: AddedInput): Promise<boolean> {
    const { firstSplit } = addition;
    const written = await this.#log.append(async () => {
      const last = this.#state.additions.at(-1);
      if (last?.chunks[0]?.name !== addition.chunks[0]?.name) return undefined;
      if (this.#state.retries.some((retry) => retry.firstSplit > firstSplit)) return undefined;
      const entry = head();
      const next = {
        number: this.#state.number + 1,
        at: entry.at,
        additions: this.#state.additions.slice(0, -1),
      };
      const isUndone = ({ stage, split }: TaskId) => stage === 0 && split >= firstSplit;
      const state = await stateWithout(this.#store, this.#state, this.receipts(), isUndone, next);
      const tasks = Array.from({ length: addition.splits }, (_, index) => ({ stage: 0, split: firstSplit + index }));
      return { ...entry, type: "redo", tasks, state };
    });
    return written !== undefined;
  }

  /**
   * Takes samples out of quarantine to try them again: the run has tasks of one more stage. `tasks` is asked again
   * when another writer was faster; without a task nothing is written and it answers false.
   */
  async retry(tasks: () => AsyncIterable<RetryTask>, fingerprints: StartEntry["fingerprints"]): Promise<boolean> {
    const written = await this.#log.append(async () => {
      const { number, nextSplit } = this.#state;
      const object = await writeRetries(this.#store, number + 1, nextSplit, tasks());
      return object === undefined ? undefined : { ...head(), type: "retry", object, fingerprints };
    });
    return written !== undefined;
  }

  /** The tasks of every retry, in the order in which they were asked for. */
  async retryTasks(): Promise<readonly PlacedRetryTask[]> {
    const tasks: PlacedRetryTask[] = [];
    for (const object of this.#state.retries) tasks.push(...(await readRetries(this.#store, object)));
    return tasks;
  }

  /** Every receipt that counts, each task once, in the order of the commits, read anew: they are not kept in memory. */
  receipts(): AsyncGenerator<Receipt> {
    return this.#log.receipts();
  }

  /** Reads what other coordinators have written since. */
  refresh(): Promise<void> {
    return this.#log.refresh();
  }

  /** Whether so many entries have come since the last snapshot that `retain` is worth its while. */
  isRetentionDue(keep: number): boolean {
    return this.#log.isRetentionDue(keep);
  }

  /** Keeps the last `keep` checkpoints as places to go back to; folds what is older into a snapshot and removes it. */
  retain(keep: number): Promise<void> {
    return this.#log.retain(keep);
  }
}
