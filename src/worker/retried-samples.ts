import { type Accounting, emptyAccounting, emptyStepAccounting, type StepAccounting } from "../contract/accounting.ts";
import type { RetriedSample } from "../contract/executor.ts";
import { PipelineError } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";
import { beginFlight, type Flight, StepApplication } from "./apply-steps.ts";
import type { Chain } from "./chain.ts";
import { TaskTally } from "./tally.ts";

/**
 * The samples of a split that a task tries again. Each goes on at the step where it failed; the steps before are
 * applied once more, since nothing of what they made was kept, but count nothing: they counted the first time.
 */
export class RetriedSamples {
  readonly #byPosition: ReadonlyMap<number, readonly RetriedSample[]>;
  readonly #chain: Chain;
  readonly #steps: StepApplication;

  constructor(samples: readonly RetriedSample[], chain: Chain, steps: StepApplication) {
    this.#byPosition = Map.groupBy(samples, (sample) => sample.position);
    this.#chain = chain;
    this.#steps = steps;
  }

  /** Those that come from the sample that is read at a position: itself, or children of it. */
  at(position: number): readonly RetriedSample[] {
    return this.#byPosition.get(position) ?? [];
  }

  /** Throws INPUT_CHANGED unless everything was met that is to be tried again. */
  checkMet(itemsRead: number): void {
    for (const [position, [missing]] of this.#byPosition) {
      if (position < itemsRead || missing === undefined) continue;
      throw new PipelineError(
        "INPUT_CHANGED",
        `the split gives ${itemsRead} samples: expected ${JSON.stringify(missing.id)} at position ${position}`,
      );
    }
  }

  /** What is left of a sample behind all steps. The flight is the sample's own, and is told of its end. */
  async apply(flight: Flight, read: Sample, target: RetriedSample): Promise<readonly Sample[]> {
    const from = this.#indexOf(target.step);
    const arrived = from === 0 ? read : await this.#replay(flight, read, target, from);
    if (!(arrived instanceof PipelineError)) {
      const [lane] = await this.#steps.applyAll([{ flight, samples: [arrived] }], 1, 1, from);
      return lane?.samples ?? [];
    }
    this.fail(flight, target, arrived);
    return [];
  }

  /** Counts a sample as failed again where it had failed. */
  fail(flight: Flight, target: RetriedSample, error: PipelineError): void {
    this.#steps.countFailed(flight, target.step, target.id, error);
  }

  /** The sample as it reaches the step where it failed; an error when it does not get there this time. */
  async #replay(flight: Flight, read: Sample, target: RetriedSample, from: number): Promise<Sample | PipelineError> {
    const steps = this.#chain.steps.slice(0, from);
    const uncounted = new TaskTally(steps.map((step) => step.id));
    const replay = new StepApplication({ ...this.#chain, steps }, uncounted);
    const replayed = beginFlight(read.id, flight.position, flight, read.attributes, { guard: flight.guard });
    const [lane] = await replay.applyAll([{ flight: replayed, samples: [read] }], 1, 1);
    const arrived = lane?.samples.find((sample) => sample.id === target.id);
    if (arrived !== undefined) return arrived;
    const failed = replayed.failures.find(({ id }) => target.id === id || target.id.startsWith(`${id}#`));
    return (
      failed?.error ??
      new PipelineError(
        "OPERATOR_CONTRACT",
        `${JSON.stringify(target.id)} did not get to step ${target.step} again: a step before it does not do the same twice`,
      )
    );
  }

  /** Encoding follows the steps. */
  #indexOf(step: string): number {
    if (step === "read") return 0;
    const index = this.#chain.steps.findIndex(({ id }) => id === step);
    return index < 0 ? this.#chain.steps.length : index;
  }
}

/** The failures that a task takes back whose input these are. */
export function failuresOf(samples: readonly RetriedSample[]): Accounting {
  const unreadable = countsOf(samples.filter(({ step }) => step === "read"));
  const unwritable = countsOf(samples.filter(({ step }) => step === "write"));
  const steps: { [stepId: string]: StepAccounting } = {};
  const inSteps = samples.filter(({ step }) => step !== "read" && step !== "write");
  for (const [step, failed] of Map.groupBy(inSteps, (sample) => sample.step))
    steps[step] = { ...emptyStepAccounting, in: failed.length, failed: countsOf(failed) };
  const read = samples.filter(({ step }) => step === "read").length;
  return { ...emptyAccounting, read, unreadable, unwritable, steps };
}

function countsOf(samples: readonly RetriedSample[]): { readonly [code: string]: number } {
  const counts: { [code: string]: number } = {};
  for (const { code } of samples) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}
