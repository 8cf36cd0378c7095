import { type Accounting, addAccounting, emptyAccounting } from "../contract/accounting.ts";
import type { Receipt, TaskId } from "../contract/receipt.ts";
import type { LedgerEntry, StartEntry } from "./entry.ts";
import type { AddedInput, FrozenInput, ReceiptSegment, RetryObject, StateRecord } from "./state-record.ts";
import { TaskSet } from "./task-set.ts";

type Fingerprints = StartEntry["fingerprints"];

/** A part of a run's input, and the number of its first split. */
export type InputPart = FrozenInput & { readonly firstSplit: number };

/** What the receipts of one stage add up to. */
export interface StageState {
  readonly done: TaskSet;
  accounting: Accounting;
  /** Failures that this stage's tasks have taken back. */
  retried: Accounting | undefined;
  shards: number;
  shardBytes: number;
}

/** Everything that follows from the entries of a ledger up to one of them. Grows by applying the next entry. */
export class LedgerState {
  /** Number of the last entry that was applied; 0 before the first. */
  number = 0;
  at = "";
  start: StartEntry | undefined;
  isFinished = false;
  readonly stages: StageState[] = [];
  retries: readonly RetryObject[] = [];
  additions: readonly AddedInput[] = [];
  #fingerprints: Fingerprints | undefined;
  segments: readonly ReceiptSegment[] = [];
  /** Numbers of the commit entries whose receipts come behind those of the segments. */
  unfolded: number[] = [];
  rollbacks: readonly string[] = [];
  /** Grows whenever work that was done becomes undone: what was concluded before may not hold any more. */
  epoch = 0;

  /** As `state`, with nothing done. */
  static withoutReceipts(state: LedgerState): LedgerState {
    const empty = new LedgerState();
    empty.start = state.start;
    empty.#take({ ...state.toRecord([]), isFinished: false, stages: [] });
    return empty;
  }

  static fromRecord(start: StartEntry, record: StateRecord): LedgerState {
    const state = new LedgerState();
    state.start = start;
    state.#take(record);
    state.number = record.number;
    state.at = record.at;
    return state;
  }

  /** Of what decides outcomes beside the options: of the last retry, or else of the start. */
  get fingerprints(): Fingerprints {
    return this.#fingerprints ?? this.start?.fingerprints ?? {};
  }

  /** The whole input: what the run began with, and what was added, in the order in which it came. */
  get input(): readonly InputPart[] {
    return this.start === undefined ? [] : [{ firstSplit: 0, ...this.start.input }, ...this.additions];
  }

  /** Splits of the whole input. */
  get splits(): number {
    return this.input.reduce((sum, { splits }) => sum + splits, 0);
  }

  /** A number that no split of the input and none of a retry has, nor any behind it. */
  get nextSplit(): number {
    const ends = this.input.map(({ firstSplit, splits }) => firstSplit + splits);
    for (const { firstSplit, tasks } of this.retries) ends.push(firstSplit + tasks);
    return Math.max(0, ...ends);
  }

  /** Names what there is to do: never the same again once work has become undone or was added. */
  get workVersion(): string {
    return `${this.epoch}.${this.additions.length}`;
  }

  get finishedTasks(): number {
    return this.stages.reduce((sum, stage) => sum + stage.done.size, 0);
  }

  isDone(task: TaskId): boolean {
    return this.stages[task.stage]?.done.has(task.split) ?? false;
  }

  /** `entry` is the one behind the last that was applied. */
  apply(entry: LedgerEntry): void {
    this.number++;
    this.at = entry.at;
    switch (entry.type) {
      case "start":
        this.start = entry;
        break;
      case "commit":
        this.unfolded.push(this.number);
        for (const receipt of entry.receipts) this.count(receipt);
        break;
      case "finish":
        this.isFinished = true;
        break;
      case "retry":
        this.isFinished = false;
        this.epoch++;
        this.retries = [...this.retries, entry.object];
        this.#fingerprints = entry.fingerprints;
        break;
      case "extend":
        this.isFinished = false;
        this.additions = [...this.additions, entry.input];
        break;
      case "rollback":
      case "redo":
        this.#take(entry.state);
    }
  }

  /** False for a task that is done already, which changes nothing. */
  count(receipt: Receipt): boolean {
    const stage = this.#stage(receipt.stage);
    if (!stage.done.add(receipt.split)) return false;
    stage.accounting = addAccounting(stage.accounting, receipt.accounting);
    if (receipt.retried !== undefined) stage.retried = addAccounting(stage.retried ?? emptyAccounting, receipt.retried);
    stage.shards += receipt.shards.length;
    for (const shard of receipt.shards) stage.shardBytes += shard.bytes;
    return true;
  }

  /** The state as data. `segments` hold every receipt that counts. */
  toRecord(segments: readonly ReceiptSegment[]): StateRecord {
    return {
      number: this.number,
      at: this.at,
      isFinished: this.isFinished,
      stages: this.stages.map(({ done, accounting, retried, shards, shardBytes }) => ({
        done: done.toText(),
        accounting,
        ...(retried === undefined ? {} : { retried }),
        shards,
        shardBytes,
      })),
      retries: [...this.retries],
      ...(this.additions.length === 0 ? {} : { additions: [...this.additions] }),
      ...(this.#fingerprints === undefined ? {} : { fingerprints: this.#fingerprints }),
      segments: [...segments],
      epoch: this.epoch,
      rollbacks: [...this.rollbacks],
    };
  }

  #take(record: StateRecord): void {
    this.isFinished = record.isFinished;
    this.stages.splice(0);
    for (const { done, accounting, retried, shards, shardBytes } of record.stages)
      this.stages.push({ done: TaskSet.fromText(done), accounting, retried, shards, shardBytes });
    this.retries = record.retries;
    this.additions = record.additions ?? [];
    this.#fingerprints = record.fingerprints;
    this.segments = record.segments;
    this.unfolded = [];
    this.rollbacks = record.rollbacks;
    this.epoch = record.epoch;
  }

  #stage(index: number): StageState {
    for (let next = this.stages.length; next <= index; next++) {
      this.stages.push({
        done: new TaskSet(),
        accounting: emptyAccounting,
        retried: undefined,
        shards: 0,
        shardBytes: 0,
      });
    }
    const stage = this.stages[index];
    if (stage === undefined) throw new RangeError(`no stage ${index}`);
    return stage;
  }
}
