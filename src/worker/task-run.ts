import type { SourceItem, UnreadableSample } from "../contract/source.ts";
import { estimateDecodedBytes } from "../media/decoded-size.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";
import { beginFlight, type Flight, type Lane, type StepApplication } from "./apply-steps.ts";
import { encodeSample, type KeylessSample } from "./encode-sample.ts";
import type { MemoryBudget } from "./memory-budget.ts";
import type { OutcomeLog } from "./outcome-log.ts";
import type { Quarantine } from "./quarantine.ts";
import { SampleWindow } from "./sample-window.ts";
import type { TaskTally } from "./tally.ts";
import type { LeavingSample, TaskOutput } from "./task-output.ts";

/** Encoded samples that are gathered before they are written in one go. */
const writeBatch = { samples: 256, bytes: 4 * 2 ** 20 };

export interface TaskLimits {
  readonly memory: MemoryBudget;
  readonly concurrency: number;
  readonly batchSize: number;
  readonly needsBytes: boolean;
}

/** How a flight ended. */
interface Landing {
  readonly flight: Flight;
  readonly leaving: readonly KeylessSample[];
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
  readonly #limits: TaskLimits;
  readonly #window: SampleWindow<Landing>;
  readonly #signal: AbortSignal;
  #leaving: LeavingSample[] = [];
  #leavingBytes = 0;
  #round: Lane[] = [];
  #roundBytes = 0;
  /** Of the item that is taken next, among all that the task reads. */
  #position = 0;

  constructor(
    steps: StepApplication,
    tally: TaskTally,
    quarantine: Quarantine,
    outcomes: OutcomeLog,
    output: TaskOutput,
    limits: TaskLimits,
    signal: AbortSignal,
  ) {
    this.#steps = steps;
    this.#tally = tally;
    this.#quarantine = quarantine;
    this.#outcomes = outcomes;
    this.#output = output;
    this.#limits = limits;
    this.#signal = signal;
    const { memory, concurrency } = limits;
    this.#window = new SampleWindow(
      () => memory.bytes(),
      concurrency,
      (landing) => this.#gather(landing),
    );
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
        await this.#quarantine.flush();
        await this.#outcomes.flush();
      }
    } finally {
      await iterator.return?.();
    }
    await this.#runRound();
    await this.#window.settleAll();
    await this.#write();
  }

  /** The next batch, last sample first; undefined at the end. */
  async #pull(iterator: AsyncIterator<readonly SourceItem[]>): Promise<SourceItem[] | undefined> {
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
    const cost = this.#estimate(item.sample, item.uri);
    if (typeof cost === "number" && this.#limits.memory.holds(cost) && this.#admitsNow(cost)) {
      this.#admit(item, cost);
      return this.#isFull() ? this.#write() : undefined;
    }
    return this.#takeLater(item, cost);
  }

  async #takeLater(
    item: SourceItem & { readonly kind: "sample" },
    estimate: number | PipelineError | Promise<number | PipelineError>,
  ): Promise<void> {
    const cost = await estimate;
    if (cost instanceof PipelineError) {
      await this.#takeUnreadable({ id: item.sample.id, uri: item.uri, range: item.range, error: cost });
      return;
    }
    if (!this.#admitsNow(cost)) await (this.#steps.hasBatchStep ? this.#runRound() : this.#window.makeRoom(cost));
    const { memory } = this.#limits;
    if (memory.holds(cost) || !memory.isScarceFor(cost)) this.#admit(item, cost);
    else await memory.withReserved(cost, () => this.#workAlone(item, cost));
    if (this.#isFull()) await this.#write();
  }

  /** Begins with nothing in flight and ends so. */
  async #workAlone(item: SourceItem & { readonly kind: "sample" }, cost: number): Promise<void> {
    this.#admit(item, cost);
    await (this.#steps.hasBatchStep ? this.#runRound() : this.#window.settleAll());
  }

  #takeUnreadable({ id, error, ...origin }: UnreadableSample): undefined | Promise<void> {
    this.#tally.countUnreadable(error.code);
    const flight = beginFlight(this.#position++, origin, {});
    flight.failures.push({ id, step: "read", error });
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

  #admit(item: SourceItem & { readonly kind: "sample" }, cost: number): void {
    const { sample } = item;
    const flight = beginFlight(this.#position++, item, sample.attributes);
    if (this.#steps.hasBatchStep) {
      this.#round.push({ flight, samples: [sample] });
      this.#roundBytes += cost;
      return;
    }
    const left = this.#steps.applyMaps(flight, sample);
    this.#window.admit(
      cost,
      left instanceof Promise
        ? left.then((samples) => this.#encodeAll(flight, samples))
        : this.#encodeAll(flight, left),
    );
  }

  async #runRound(): Promise<void> {
    const round = this.#round;
    this.#round = [];
    this.#roundBytes = 0;
    const { batchSize, concurrency } = this.#limits;
    for (const { flight, samples } of await this.#steps.applyAll(round, batchSize, concurrency)) {
      if (!this.#window.hasRoomFor(0)) await this.#window.makeRoom(0);
      this.#window.admit(0, this.#encodeAll(flight, samples));
    }
    await this.#window.settleAll();
    if (this.#isFull()) await this.#write();
  }

  /** An error when the sample cannot even be read. */
  #estimate(sample: Sample, uri: string): number | Promise<number | PipelineError> {
    let total = 0;
    for (const part of sample.parts) {
      const estimate = estimateDecodedBytes(part);
      if (typeof estimate !== "number") return this.#estimateLater(sample, uri);
      total += estimate;
    }
    return total;
  }

  async #estimateLater(sample: Sample, uri: string): Promise<number | PipelineError> {
    try {
      let total = 0;
      for (const part of sample.parts) total += await estimateDecodedBytes(part);
      return total;
    } catch (cause) {
      const error = asPipelineError(cause, "INPUT_UNREADABLE", `${uri} cannot be read`);
      if (error.scope !== "sample") throw error;
      return error;
    }
  }

  #encodeAll(flight: Flight, samples: readonly Sample[]): Landing | Promise<Landing> {
    const leaving: KeylessSample[] = [];
    for (const [index, sample] of samples.entries()) {
      const encoded = encodeSample(sample, this.#limits.needsBytes);
      if (encoded instanceof Promise) return this.#encodeLater(flight, leaving, encoded, samples.slice(index));
      leaving.push(encoded);
    }
    return { flight, leaving };
  }

  async #encodeLater(
    flight: Flight,
    leaving: KeylessSample[],
    first: Promise<KeylessSample>,
    samples: readonly Sample[],
  ): Promise<Landing> {
    for (const [index, sample] of samples.entries()) {
      try {
        leaving.push(await (index === 0 ? first : encodeSample(sample, this.#limits.needsBytes)));
      } catch (cause) {
        const error = asPipelineError(cause, "OPERATOR_FAILED", `${sample.id} cannot be encoded`);
        if (error.scope !== "sample") throw error;
        this.#tally.countUnwritable(error.code);
        flight.failures.push({ id: sample.id, step: "write", error });
      }
    }
    return { flight, leaving };
  }

  #gather({ flight, leaving }: Landing): void {
    const { uri, range, position } = flight;
    for (const { id, step, error } of flight.failures) this.#quarantine.add({ id, step, error, uri, range, position });
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
    const start = performance.now();
    await this.#output.write(leaving);
    this.#tally.writeSeconds += (performance.now() - start) / 1000;
    this.#tally.written += leaving.length;
  }
}

/** About what was read for a sample, while its task runs. */
function encodedBytes(sample: Sample): number {
  let bytes = 0;
  for (const part of sample.parts) {
    if (part.kind === "text") bytes += part.text.length;
    else if (part.kind === "embedding") bytes += part.values.byteLength;
    else bytes += part.content.byteLength ?? 0;
  }
  return bytes;
}
