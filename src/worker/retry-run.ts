import type { RetriedSample } from "../contract/executor.ts";
import type { SourceItem } from "../contract/source.ts";
import { errorFromRecord } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";
import { beginFlight } from "./apply-steps.ts";
import type { Landing, LaneEncoding } from "./encode-lane.ts";
import { FlightGuard } from "./flight-guard.ts";
import type { Journal } from "./journal.ts";
import type { RetriedSamples } from "./retried-samples.ts";
import type { TaskTally } from "./tally.ts";
import type { TaskCaution } from "./task-caution.ts";
import type { TaskSinks } from "./task-run.ts";

/**
 * Reads a split, passes over what is not to be tried again, and takes the rest to the output one after the other:
 * they failed once, and each is alone in the worker when it does so again.
 */
export class RetryRun {
  readonly #retried: RetriedSamples;
  readonly #tally: TaskTally;
  readonly #sinks: TaskSinks;
  readonly #encoding: LaneEncoding;
  readonly #caution: TaskCaution;
  readonly #journal: Journal;
  readonly #signal: AbortSignal;

  constructor(
    retried: RetriedSamples,
    tally: TaskTally,
    sinks: TaskSinks,
    encoding: LaneEncoding,
    caution: TaskCaution,
    journal: Journal,
    signal: AbortSignal,
  ) {
    this.#retried = retried;
    this.#tally = tally;
    this.#sinks = sinks;
    this.#encoding = encoding;
    this.#caution = caution;
    this.#journal = journal;
    this.#signal = signal;
  }

  /** Pulls every item; `onItem` is called after each, and awaited where it asks for a moment. */
  async pump(items: AsyncIterable<readonly SourceItem[]>, onItem: () => Promise<void> | undefined): Promise<void> {
    let position = 0;
    for await (const batch of items) {
      for (const item of batch) {
        this.#signal.throwIfAborted();
        for (const [index, target] of this.#retried.at(position).entries())
          await this.#retry(item, position, target, index);
        position++;
        const pausing = onItem();
        if (pausing !== undefined) await pausing;
      }
      this.#journal.enter("reading", position, position);
    }
    this.#retried.checkMet(position);
  }

  async #retry(item: SourceItem, position: number, target: RetriedSample, index: number): Promise<void> {
    if (target.step === "read") this.#tally.read++;
    const care = this.#caution.careFor(position);
    const { origin, attributes } = readSample(item);
    const condemned = care.kind === "alone" ? care.condemned : [];
    const guard = new FlightGuard(this.#journal, position, origin.id, condemned, index);
    const flight = beginFlight(target.id, position, origin, attributes, { guard, attempt: target.attempt });
    this.#journal.enter("working", position, position + 1);
    let left: readonly Sample[] = [];
    if (item.kind === "unreadable") this.#retried.fail(flight, target, item.unreadable.error);
    else if (care.kind === "condemned") this.#retried.fail(flight, target, errorFromRecord(care.condemned.error));
    else left = await this.#retried.apply(flight, item.sample, target);
    await this.#land(await this.#encoding.encode(flight, left));
  }

  async #land({ flight, leaving }: Landing): Promise<void> {
    const { uri, range, position, attempt } = flight;
    const { quarantine, outcomes, output } = this.#sinks;
    this.#journal.enter("writing", position, position);
    for (const { id, step, error } of flight.failures)
      quarantine.add({ id, step, error, uri, range, position, attempt });
    outcomes.add(flight, leaving);
    await quarantine.flush();
    await outcomes.flush();
    if (leaving.length > 0) await output.write(leaving.map((sample) => ({ sample, uri, range })));
    this.#tally.written += leaving.length;
  }
}

function readSample(item: SourceItem) {
  if (item.kind === "unreadable") return { origin: item.unreadable, attributes: {} };
  const { sample, uri, range } = item;
  return { origin: { id: sample.id, uri, range }, attributes: sample.attributes };
}
