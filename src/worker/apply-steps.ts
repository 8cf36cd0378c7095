import type { Outcome } from "../contract/operator.ts";
import type { ByteRange } from "../contract/source.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { type Attributes, childId, type Sample } from "../model/sample.ts";
import type { Chain, OpenedStep } from "./chain.ts";
import type { FlightGuard } from "./flight-guard.ts";
import { mapConcurrently } from "./map-concurrently.ts";
import type { StepWait } from "./standing.ts";
import { increment, type TaskTally } from "./tally.ts";
import { tellingAttributesOf } from "./telling-attributes.ts";

export interface FailedSample {
  readonly id: string;
  /** Step id, or `read` or `write`. */
  readonly step: string;
  readonly error: PipelineError;
  /** JSON of the attributes that explain it: what steps had written by then. */
  readonly told?: string | undefined;
}

/** A sample that a step dropped or split. */
export type EndedSample = {
  readonly id: string;
  readonly step: string;
  /** JSON of the attributes that explain it. */
  readonly told: string | undefined;
} & ({ readonly kind: "drop"; readonly reason: string } | { readonly kind: "split"; readonly children: number });

/** The way of one sample that was read through the steps: where it came from, and what ended it and its children, each in order. */
export interface Flight {
  /** Of the sample that was read. */
  readonly id: string;
  readonly uri: string;
  readonly range: ByteRange | undefined;
  /** What the sample had when it was read. */
  readonly attributes: Attributes;
  /** Position among what the task reads, from 0. */
  readonly position: number;
  /** 1, and one more for each time that the sample is tried again. */
  readonly attempt: number;
  readonly failures: FailedSample[];
  readonly endings: EndedSample[];
  /** Set where an earlier attempt lost its worker over this sample. */
  readonly guard?: FlightGuard;
}

/** Begins the way of the sample of that id at `position` of what a task reads. */
export function beginFlight(
  id: string,
  position: number,
  origin: { readonly uri: string; readonly range?: ByteRange | undefined },
  attributes: Attributes,
  { guard, attempt = 1 }: { readonly guard?: FlightGuard | undefined; readonly attempt?: number } = {},
): Flight {
  const { uri, range } = origin;
  const flight = { id, uri, range, attributes, position, attempt, failures: [], endings: [] };
  return guard === undefined ? flight : { ...flight, guard };
}

/** What is left of one sample that was read. */
export interface Lane {
  readonly flight: Flight;
  readonly samples: readonly Sample[];
}

type BatchStep = OpenedStep & { readonly kind: "batch" };
type Waiting = { readonly flight: Flight; readonly sample: Sample };
type BatchResult = { readonly outcomes: readonly Outcome[] } | { readonly outcomes?: never; readonly error: unknown };

/** Told where the worker is, so that a stall can name its cause. */
export interface Whereabouts {
  step: string;
  sample: string;
}

/**
 * Applies the steps of a chain to samples and keeps the accounts.
 *
 * A sample gives the samples that are left of it, in order: itself, its children, or none. An error
 * that concerns the sample alone costs the sample; one of a wider scope (changed input, storage) rejects.
 */
export class StepApplication {
  readonly #steps: readonly OpenedStep[];
  readonly #tally: TaskTally;
  readonly #onBatch: () => void;
  /** Steps whose promise has not settled, by the flight that they hold up. */
  readonly waits = new Map<Flight, StepWait>();
  readonly whereabouts: Whereabouts = { step: "read", sample: "" };
  readonly hasBatchStep: boolean;

  /** `onBatch` is called whenever a batch is begun. */
  constructor(chain: Chain, tally: TaskTally, onBatch: () => void = () => undefined) {
    this.#steps = chain.steps;
    this.#tally = tally;
    this.#onBatch = onBatch;
    this.hasBatchStep = chain.steps.some((step) => step.kind === "batch");
  }

  /** Takes one sample through map steps from `position` up to the next batch step or the end; synchronous when the steps are. */
  applyMaps(flight: Flight, sample: Sample, position = 0): readonly Sample[] | Promise<readonly Sample[]> {
    let current = sample;
    for (let index = position; index < this.#steps.length; index++) {
      const step = this.#steps[index];
      if (step === undefined || step.kind === "batch") break;
      const outcome = this.#applyMap(flight, step, index, current);
      if (outcome instanceof Promise) return outcome.then((settled) => this.#follow(flight, settled, index));
      if (outcome === undefined) return [];
      if (outcome.kind !== "keep") return this.#follow(flight, outcome, index);
      current = outcome.sample;
    }
    return [current];
  }

  /** Encoding follows the steps; undefined unless the sample is condemned there. */
  arriveAtEncoding(flight: Flight, sample: Sample): PipelineError | undefined {
    return flight.guard?.arrive("write", this.#steps.length, sample.id);
  }

  /** Counts a sample that must not be touched as a step that throws on it would: the steps before have kept it. */
  countCondemned(flight: Flight, stepId: string, error: PipelineError): void {
    for (const step of this.#steps) {
      const tally = this.#tally.step(step.id);
      tally.in++;
      if (step.id === stepId) {
        this.#fail(flight, step, undefined, error);
        return;
      }
      tally.kept++;
    }
    this.#tally.countUnwritable(error.code);
    flight.failures.push({ id: flight.id, step: "write", error });
  }

  /** Counts a sample as failed at a step, or where it was read or encoded, without applying anything. */
  countFailed(flight: Flight, stepId: string, sampleId: string, error: PipelineError): void {
    const step = this.#steps.find(({ id }) => id === stepId);
    if (step === undefined) {
      if (stepId === "read") this.#tally.countUnreadable(error.code);
      else this.#tally.countUnwritable(error.code);
    } else {
      this.#tally.step(stepId).in++;
      increment(this.#tally.step(stepId).failed, error.code);
    }
    flight.failures.push({ id: sampleId, step: stepId, error });
  }

  /** Takes a window of samples through the steps from `start` on, batch steps included; lane i holds what is left of sample i. */
  async applyAll(window: readonly Lane[], batchSize: number, concurrency: number, start = 0): Promise<readonly Lane[]> {
    let lanes = window;
    for (let position = start; position < this.#steps.length; ) {
      const step = this.#steps[position];
      if (step?.kind === "batch") {
        lanes = await this.#applyBatch(step, position, lanes, batchSize);
        position++;
      } else {
        const from = position;
        lanes = await mapConcurrently(lanes, concurrency, async ({ flight, samples }) => ({
          flight,
          samples: await this.#applyMapsToEach(flight, samples, from),
        }));
        while (position < this.#steps.length && this.#steps[position]?.kind === "map") position++;
      }
    }
    return lanes;
  }

  async #applyMapsToEach(flight: Flight, samples: readonly Sample[], position: number): Promise<readonly Sample[]> {
    const left: Sample[] = [];
    for (const sample of samples) left.push(...(await this.applyMaps(flight, sample, position)));
    return left;
  }

  #applyMap(
    flight: Flight,
    step: OpenedStep & { readonly kind: "map" },
    index: number,
    sample: Sample,
  ): Outcome | undefined | Promise<Outcome | undefined> {
    const tally = this.#tally.step(step.id);
    tally.in++;
    this.whereabouts.step = step.id;
    this.whereabouts.sample = sample.id;
    const condemned = flight.guard?.arrive(step.id, index, sample.id);
    if (condemned !== undefined) return this.#fail(flight, step, sample, condemned);
    const start = performance.now();
    try {
      const outcome = step.operator.apply(sample);
      if (!(outcome instanceof Promise)) {
        tally.busySeconds += (performance.now() - start) / 1000;
        return this.#settle(flight, step, sample, outcome);
      }
      this.waits.set(flight, { step: step.id, sample: sample.id, batch: 1, since: start });
      return outcome
        .then(
          (settled) => this.#settle(flight, step, sample, settled),
          (error: unknown) => this.#fail(flight, step, sample, error),
        )
        .finally(() => {
          this.waits.delete(flight);
          tally.busySeconds += (performance.now() - start) / 1000;
        });
    } catch (error) {
      return this.#fail(flight, step, sample, error);
    }
  }

  async #applyBatch(
    step: BatchStep,
    index: number,
    lanes: readonly Lane[],
    batchSize: number,
  ): Promise<readonly Lane[]> {
    const waiting = lanes.flatMap(({ flight, samples }) => samples.map((sample) => ({ flight, sample })));
    const outcomes: (Outcome | undefined)[] = [];
    for (let start = 0; start < waiting.length; start += batchSize) {
      outcomes.push(...(await this.#applyOneBatch(step, index, waiting.slice(start, start + batchSize))));
    }
    let next = 0;
    return lanes.map(({ flight, samples }) => ({
      flight,
      samples: samples.flatMap(() => samplesOf(outcomes[next++])),
    }));
  }

  async #applyOneBatch(
    step: BatchStep,
    stepIndex: number,
    waiting: readonly Waiting[],
  ): Promise<readonly (Outcome | undefined)[]> {
    const tally = this.#tally.step(step.id);
    const [only, ...others] = waiting;
    // A guarded sample is alone in its batch.
    const condemned = only?.flight.guard?.arrive(step.id, stepIndex, only.sample.id);
    if (only !== undefined && condemned !== undefined) {
      tally.in++;
      return [this.#fail(only.flight, step, only.sample, condemned)];
    }
    const result = await this.#tryBatch(step, waiting);
    if (result.outcomes !== undefined) {
      tally.in += waiting.length;
      return waiting.map(({ flight, sample }, index) => this.#settle(flight, step, sample, result.outcomes[index]));
    }
    if (only !== undefined && others.length === 0) {
      tally.in++;
      return [this.#fail(only.flight, step, only.sample, result.error)];
    }
    // The batch does not tell which sample broke it: alone, only the culprit fails again.
    const alone: (Outcome | undefined)[] = [];
    for (const one of waiting) alone.push(...(await this.#applyOneBatch(step, stepIndex, [one])));
    return alone;
  }

  async #tryBatch(step: BatchStep, waiting: readonly Waiting[]): Promise<BatchResult> {
    this.whereabouts.step = step.id;
    const first = waiting[0]?.sample.id ?? "";
    this.whereabouts.sample = first;
    const start = performance.now();
    const wait = { step: step.id, sample: first, batch: waiting.length, since: start };
    for (const { flight } of waiting) this.waits.set(flight, wait);
    if (waiting.some(({ flight }) => flight.guard === undefined)) this.#onBatch();
    try {
      const outcomes = await step.operator.apply(waiting.map(({ sample }) => sample));
      if (outcomes.length === waiting.length) return { outcomes };
      return {
        error: new PipelineError(
          "OPERATOR_CONTRACT",
          `step ${step.id} gave ${outcomes.length} outcomes for ${waiting.length} samples`,
        ),
      };
    } catch (error) {
      // Counted against the sample that throws alone, in #applyOneBatch.
      return { error };
    } finally {
      for (const { flight } of waiting) this.waits.delete(flight);
      this.#tally.step(step.id).busySeconds += (performance.now() - start) / 1000;
    }
  }

  /** Counts an outcome and gives it back with the ids that the engine owns; undefined = failed. */
  #settle(flight: Flight, step: OpenedStep, sample: Sample, outcome: Outcome | undefined): Outcome | undefined {
    const tally = this.#tally.step(step.id);
    switch (outcome?.kind) {
      case "keep":
        tally.kept++;
        return outcome.sample.id === sample.id
          ? outcome
          : { kind: "keep", sample: { ...outcome.sample, id: sample.id } };
      case "drop":
        if (!step.isDropReason(outcome.reason))
          return this.#fail(flight, step, sample, unknownReason(step.id, outcome.reason));
        increment(tally.dropped, outcome.reason);
        flight.endings.push({
          kind: "drop",
          id: sample.id,
          step: step.id,
          reason: outcome.reason,
          told: toldAttributes(flight, step, outcome.sample ?? sample),
        });
        return outcome;
      case "split":
        tally.split++;
        tally.children += outcome.samples.length;
        flight.endings.push({
          kind: "split",
          id: sample.id,
          step: step.id,
          children: outcome.samples.length,
          told: toldAttributes(flight, step, sample),
        });
        return {
          kind: "split",
          samples: outcome.samples.map((child, index) => ({ ...child, id: childId(sample.id, index) })),
        };
      default:
        return this.#fail(flight, step, sample, noOutcome(step.id, outcome));
    }
  }

  /** `sample` is undefined where the sample was not touched. */
  #fail(flight: Flight, step: OpenedStep, sample: Sample | undefined, cause: unknown): undefined {
    const error = asPipelineError(cause, "OPERATOR_FAILED", `step ${step.id} threw`);
    if (error.scope !== "sample") throw error;
    increment(this.#tally.step(step.id).failed, error.code);
    const told = sample === undefined ? undefined : toldAttributes(flight, step, sample);
    flight.failures.push({ id: sample?.id ?? flight.id, step: step.id, error, told });
    return undefined;
  }

  #follow(flight: Flight, outcome: Outcome | undefined, index: number): readonly Sample[] | Promise<readonly Sample[]> {
    if (outcome?.kind === "keep") return this.applyMaps(flight, outcome.sample, index + 1);
    const samples = samplesOf(outcome);
    // Most that end here are dropped: a promise would make the samples behind them wait.
    return samples.length === 0 ? samples : this.#applyMapsToEach(flight, samples, index + 1);
  }
}

function toldAttributes(flight: Flight, step: OpenedStep, sample: Sample): string | undefined {
  return tellingAttributesOf(sample.attributes, flight.attributes, step.tellingAttributes);
}

function samplesOf(outcome: Outcome | undefined): readonly Sample[] {
  if (outcome === undefined || outcome.kind === "drop") return [];
  return outcome.kind === "keep" ? [outcome.sample] : outcome.samples;
}

function unknownReason(step: string, reason: string): PipelineError {
  return new PipelineError(
    "OPERATOR_CONTRACT",
    `step ${step} dropped for ${JSON.stringify(reason)}, which is not among its drop reasons`,
  );
}

function noOutcome(step: string, outcome: unknown): PipelineError {
  return new PipelineError(
    "OPERATOR_CONTRACT",
    `step ${step} gave no outcome: expected keep, drop or split, received ${JSON.stringify(outcome) ?? "undefined"}`,
  );
}
