import type { CondemnedSample } from "../contract/executor.ts";
import { errorFromRecord, type PipelineError } from "../model/errors.ts";
import type { Journal } from "./journal.ts";

/**
 * Goes with a sample that is worked on alone: notes each step in the journal before it begins, and holds back
 * the children that are condemned.
 */
export class FlightGuard {
  readonly #journal: Journal;
  readonly #position: number;
  readonly #id: string;
  readonly #condemned: readonly CondemnedSample[];
  readonly #arrivals = new Map<string, number>();
  readonly #firstArrival: number;

  /**
   * `id` is that of the sample that was read; `condemned` are its children. `firstArrival` tells apart children that
   * go through the steps one at a time, each with a guard of its own.
   */
  constructor(journal: Journal, position: number, id: string, condemned: readonly CondemnedSample[], firstArrival = 0) {
    this.#journal = journal;
    this.#position = position;
    this.#id = id;
    this.#condemned = condemned;
    this.#firstArrival = firstArrival;
  }

  /** To be called before the step with that id and index begins; the step must not begin when there is an error. */
  arrive(stepId: string, index: number, sampleId: string): PipelineError | undefined {
    const arrival = this.#arrivals.get(stepId) ?? this.#firstArrival;
    this.#arrivals.set(stepId, arrival + 1);
    const child = sampleId === this.#id ? null : arrival;
    const condemned = this.#condemned.find((candidate) => candidate.step === stepId && candidate.child === child);
    if (condemned !== undefined) return errorFromRecord(condemned.error);
    this.#journal.beginStep(this.#position, index, child);
    return undefined;
  }
}
