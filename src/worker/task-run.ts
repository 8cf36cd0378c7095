import type { CondemnedSample } from "../contract/executor.ts";
import type { SourceItem, UnreadableSample } from "../contract/source.ts";
import { errorFromRecord, PipelineError } from "../model/errors.ts";
import { beginFlight, type Flight, type Lane, type StepApplication } from "./apply-steps.ts";
import { type Landing, LaneEncoding } from "./encode-lane.ts";
import { FlightGuard } from "./flight-guard.ts";
import type { Journal } from "./journal.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { OutcomeLog } from "./outcome-log.ts";
import type { Quarantine } from "./quarantine.ts";
import { encodedBytes, estimateSample } from "./sample-cost.ts";
import { SampleWindow } from "./sample-window.ts";
import type { MemoryWait } from "./standing.ts";
import type { TaskTally } from "./tally.ts";
import type { TaskCaution } from "./task-caution.ts";
import type { LeavingSample, TaskOutput } from "./task-output.ts";

/**
 * Encoded samples that are gathered before they are written in one go. Few bytes: what is written soon is garbage while
 * it is young, and found without marking the heap. At 4 MiB, workers that carry small files held twice the memory.
 */
const writeBatch = { samples: 256, bytes: 128 * 1024 };

type ReadItem = SourceItem & { readonly kind: "sample" };

/** Where what a task reads ends up. */
export interface TaskSinks {
  readonly output: TaskOutput;
  readonly quarantine: Quarantine;
  readonly outcomes: OutcomeLog;
}

export interface TaskLimits {
  readonly memory: MemoryBudget;
  readonly concurrency: number;
  readonly batchSize: number;
  readonly needsBytes: boolean;
}

/**
 * Takes samples from what is read, through the steps, to the output, in order.
 *
 * Holds at most the memory budget of decoded samples, or one sample if that alone is larger. Map
 * steps run over a sliding window; a chain with batch steps runs window by window, each as many samples
 * as the budget and the batch size allow, because samples that wait for a batch to fill must never
 * wait for memory that only they can free.
 */
export class TaskRun {
  readonly #steps: StepApplication;
  readonly #tally: TaskTally;
  readonly #quarantine: Quarantine;
  readonly #outcomes: OutcomeLog;
  readonly #output: TaskOutput;
  readonly #encoding: LaneEncoding;
  readonly #limits: TaskLimits;
  readonly #window: SampleWindow<Landing>;
  readonly #caution: TaskCaution;
  readonly #journal: Journal;
  readonly #signal: AbortSignal;
  #leaving: LeavingSample[] = [];
  #leavingBytes = 0;
  #round: Lane[] = [];
  #roundBytes = 0;
  /** Of the item that is taken next, among all that the task reads. */
  #position = 0;
  /** One past the last sample whose steps have begun, and one past the last that has come out of them. */
  #begun = 0;
  #landed = 0;
  #reading: string | undefined;
  /** Bytes of the sample that waits for what all workers share. */
  #reserving: number | undefined;

  constructor(
    steps: StepApplication,
    tally: TaskTally,
    { output, quarantine, outcomes }: TaskSinks,
    limits: TaskLimits,
    caution: TaskCaution,
    journal: Journal,
    signal: AbortSignal,
  ) {
    this.#steps = steps;
    this.#tally = tally;
    this.#quarantine = quarantine;
    this.#outcomes = outcomes;
    this.#output = output;
    this.#encoding = new LaneEncoding(steps, tally, limits.needsBytes);
    this.#limits = limits;
    this.#caution = caution;
    this.#journal = journal;
    this.#signal = signal;
    const { memory, concurrency } = limits;
    this.#window = new SampleWindow(
      () => memory.bytes(),
      concurrency,
      (landing) => this.#gather(landing),
    );
  }

  /** Where the sample lies whose header is being read; undefined when it is the input as a whole. */
  get reading(): string | undefined {
    return this.#reading;
  }

  /** The memory that the next sample waits for, where it does. */
  get memoryWait(): MemoryWait | undefined {
    if (this.#reserving === undefined) return this.#window.memoryWait;
    return { wantedBytes: this.#reserving, heldBytes: 0, budgetBytes: this.#limits.memory.bytes(), samplesInFlight: 0 };
  }

  /** Pulls every item; `onItem` is called after each, and awaited where it asks for a moment. */
  async pump(items: AsyncIterable<readonly SourceItem[]>, onItem: () => Promise<void> | undefined): Promise<void> {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (let items = await this.#pull(iterator); items !== undefined; items = await this.#pull(iterator)) {
        // Taken out one by one: a batch that kept its samples would keep what steps decoded of each.
        for (let item = items.pop(); item !== undefined; item = items.pop()) {
          const waiting = this.#take(item);
          if (waiting !== undefined) await waiting;
          const pausing = onItem();
          if (pausing !== undefined) await pausing;
        }
        if (this.#quarantine.isWaiting || this.#outcomes.isWaiting) {
          this.#enter("writing");
          await this.#quarantine.flush();
          await this.#outcomes.flush();
        }
      }
    } finally {
      await iterator.return?.();
    }
    await this.#drain();
    await this.#write();
  }

  /** Waits until nothing is in flight. */
  async #drain(): Promise<void> {
    await this.#runRound();
    this.#enter("working");
    await this.#window.settleAll();
  }

  #enter(phase: "reading" | "working" | "writing"): void {
    this.#journal.enter(phase, this.#landed, Math.max(this.#landed, this.#begun));
  }

  /** The next batch, last sample first; undefined at the end. */
  async #pull(iterator: AsyncIterator<readonly SourceItem[]>): Promise<SourceItem[] | undefined> {
    this.#enter("reading");
    const start = performance.now();
    const { done, value } = await iterator.next();
    this.#tally.readSeconds += (performance.now() - start) / 1000;
    return done === true ? undefined : value.toReversed();
  }

  /** A promise only where something must be waited for: records at hand cost none. */
  #take(item: SourceItem): undefined | Promise<void> {
    this.#signal.throwIfAborted();
    this.#tally.read++;
    if (item.kind === "unreadable") return this.#takeUnreadable(item.unreadable);
    this.#tally.bytesRead += encodedBytes(item.sample);
    const care = this.#caution.careFor(this.#position);
    if (care.kind === "condemned") return this.#takeCondemned(item, care.condemned);
    if (care.kind === "alone") return this.#takeAlone(item, care.condemned);
    const cost = estimateSample(item.sample, item.uri);
    if (typeof cost === "number" && this.#limits.memory.holds(cost) && this.#admitsNow(cost)) {
      this.#admit(item, cost);
      return this.#isFull() ? this.#write() : undefined;
    }
    return this.#takeLater(item, cost);
  }

  async #takeLater(item: ReadItem, estimate: number | PipelineError | Promise<number | PipelineError>): Promise<void> {
    const cost = estimate instanceof Promise ? await this.#readHeader(item.uri, estimate) : estimate;
    if (cost instanceof PipelineError) {
      await this.#takeUnreadable({ id: item.sample.id, uri: item.uri, range: item.range, error: cost });
      return;
    }
    if (!this.#admitsNow(cost)) await this.#makeRoom(cost);
    const { memory } = this.#limits;
    if (memory.holds(cost) || !memory.isScarceFor(cost)) this.#admit(item, cost);
    else await this.#takeReserved(item, cost);
    if (this.#isFull()) await this.#write();
  }

  /** Begins with nothing in flight and ends so, when the other workers leave memory for it. */
  async #takeReserved(item: ReadItem, cost: number, guard?: FlightGuard): Promise<void> {
    this.#reserving = cost;
    this.#enter("working");
    await this.#limits.memory.withReserved(cost, async () => {
      this.#reserving = undefined;
      this.#admit(item, cost, guard);
      await this.#settle();
    });
  }

  async #settle(): Promise<void> {
    await (this.#steps.hasBatchStep ? this.#runRound() : this.#window.settleAll());
  }

  async #readHeader(uri: string, estimate: Promise<number | PipelineError>): Promise<number | PipelineError> {
    this.#reading = uri;
    this.#enter("reading");
    try {
      return await estimate;
    } finally {
      this.#reading = undefined;
    }
  }

  async #makeRoom(cost: number): Promise<void> {
    if (this.#steps.hasBatchStep) return this.#runRound();
    if (this.#journal.phase !== "working") this.#enter("working");
    return this.#window.makeRoom(cost);
  }

  /** Works on a sample with nothing else in flight: should it end the worker, it cannot be anything else. */
  async #takeAlone(item: ReadItem, condemned: readonly CondemnedSample[]): Promise<void> {
    await this.#drain();
    const { uri, range } = item;
    const { id } = item.sample;
    const cost = await this.#readHeader(uri, Promise.resolve(estimateSample(item.sample, uri)));
    if (cost instanceof PipelineError) {
      await this.#takeUnreadable({ id, uri, range, error: cost });
      return;
    }
    const guard = new FlightGuard(this.#journal, this.#position, id, condemned);
    const { memory } = this.#limits;
    if (memory.holds(cost) || !memory.isScarceFor(cost)) {
      this.#admit(item, cost, guard);
      await this.#settle();
    } else await this.#takeReserved(item, cost, guard);
    if (this.#isFull()) await this.#write();
  }

  #takeCondemned(item: ReadItem, { step, error }: CondemnedSample): undefined | Promise<void> {
    const flight = beginFlight(item.sample.id, this.#position++, item, item.sample.attributes);
    this.#steps.countCondemned(flight, step, errorFromRecord(error));
    return this.#takeFailed(flight);
  }

  #takeUnreadable({ id, error, ...origin }: UnreadableSample): undefined | Promise<void> {
    this.#tally.countUnreadable(error.code);
    const flight = beginFlight(id, this.#position++, origin, {});
    flight.failures.push({ id, step: "read", error });
    return this.#takeFailed(flight);
  }

  /** Lets a sample of which nothing is left take its place in the order. */
  #takeFailed(flight: Flight): undefined | Promise<void> {
    if (this.#steps.hasBatchStep) this.#round.push({ flight, samples: [] });
    else if (this.#window.hasRoomFor(0)) this.#window.admit(0, { flight, leaving: [] });
    else return this.#window.makeRoom(0).then(() => this.#window.admit(0, { flight, leaving: [] }));
    return undefined;
  }

  #admitsNow(cost: number): boolean {
    if (!this.#steps.hasBatchStep) return this.#window.hasRoomFor(cost);
    if (this.#round.length === 0) return true;
    return this.#round.length < this.#limits.batchSize && this.#roundBytes + cost <= this.#limits.memory.bytes();
  }

  #admit(item: ReadItem, cost: number, guard?: FlightGuard): void {
    this.#limits.memory.count(cost);
    const { sample } = item;
    const position = this.#position++;
    const flight = beginFlight(sample.id, position, item, sample.attributes, { guard });
    if (this.#steps.hasBatchStep) {
      this.#round.push({ flight, samples: [sample] });
      this.#roundBytes += cost;
      return;
    }
    this.#begun = position + 1;
    if (guard === undefined) this.#journal.beginSample(this.#landed, position);
    const left = this.#steps.applyMaps(flight, sample);
    this.#window.admit(
      cost,
      left instanceof Promise
        ? left.then((samples) => this.#encoding.encode(flight, samples))
        : this.#encoding.encode(flight, left),
    );
  }

  async #runRound(): Promise<void> {
    const round = this.#round;
    this.#round = [];
    this.#roundBytes = 0;
    if (round.length === 0) return;
    this.#begun = this.#position;
    this.#enter("working");
    const { batchSize, concurrency } = this.#limits;
    // A guarded sample has a round of its own, and its children batches of their own.
    const batch = round[0]?.flight.guard === undefined ? batchSize : 1;
    for (const { flight, samples } of await this.#steps.applyAll(round, batch, concurrency)) {
      if (!this.#window.hasRoomFor(0)) await this.#window.makeRoom(0);
      this.#window.admit(0, this.#encoding.encode(flight, samples));
    }
    await this.#window.settleAll();
    if (this.#isFull()) await this.#write();
  }

  #gather({ flight, leaving }: Landing): void {
    this.#landed = flight.position + 1;
    const { uri, range, position, attempt } = flight;
    for (const { id, step, error } of flight.failures)
      this.#quarantine.add({ id, step, error, uri, range, position, attempt });
    this.#outcomes.add(flight, leaving);
    for (const sample of leaving) {
      this.#leaving.push({ sample, uri, range });
      for (const part of sample.parts) {
        if (part.kind === "text") this.#leavingBytes += part.text.length;
        else if (part.kind === "embedding") this.#leavingBytes += part.values.byteLength;
        else this.#leavingBytes += part.bytes?.byteLength ?? 0;
      }
    }
  }

  #isFull(): boolean {
    return this.#leaving.length >= writeBatch.samples || this.#leavingBytes >= writeBatch.bytes;
  }

  async #write(): Promise<void> {
    const leaving = this.#leaving;
    this.#leaving = [];
    this.#leavingBytes = 0;
    if (leaving.length === 0) return;
    this.#enter("writing");
    const start = performance.now();
    await this.#output.write(leaving);
    this.#tally.writeSeconds += (performance.now() - start) / 1000;
    this.#tally.written += leaving.length;
  }
}
