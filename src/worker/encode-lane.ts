import { asPipelineError, type PipelineError } from "../model/errors.ts";
import type { Sample } from "../model/sample.ts";
import type { Flight, StepApplication } from "./apply-steps.ts";
import { encodeSample, type KeylessSample } from "./encode-sample.ts";
import type { TaskTally } from "./tally.ts";

/** How a flight ended. */
export interface Landing {
  readonly flight: Flight;
  readonly leaving: readonly KeylessSample[];
}

/** Encodes what the steps left of a sample; synchronous when everything is at hand. A sample that cannot be encoded fails. */
export class LaneEncoding {
  readonly #steps: StepApplication;
  readonly #tally: TaskTally;
  readonly #needsBytes: boolean;

  constructor(steps: StepApplication, tally: TaskTally, needsBytes: boolean) {
    this.#steps = steps;
    this.#tally = tally;
    this.#needsBytes = needsBytes;
  }

  encode(flight: Flight, samples: readonly Sample[]): Landing | Promise<Landing> {
    const leaving: KeylessSample[] = [];
    for (const [index, sample] of samples.entries()) {
      const condemned = this.#steps.arriveAtEncoding(flight, sample);
      if (condemned !== undefined) {
        this.#fail(flight, sample, condemned);
        continue;
      }
      const encoded = encodeSample(sample, this.#needsBytes);
      if (encoded instanceof Promise) return this.#encodeRest(flight, leaving, encoded, samples.slice(index));
      leaving.push(encoded);
    }
    return { flight, leaving };
  }

  async #encodeRest(
    flight: Flight,
    leaving: KeylessSample[],
    first: Promise<KeylessSample>,
    samples: readonly Sample[],
  ): Promise<Landing> {
    for (const [index, sample] of samples.entries()) {
      const start = performance.now();
      try {
        const condemned = index === 0 ? undefined : this.#steps.arriveAtEncoding(flight, sample);
        if (condemned !== undefined) throw condemned;
        this.#steps.waits.set(flight, { step: "write", sample: sample.id, batch: 1, since: start });
        leaving.push(await (index === 0 ? first : encodeSample(sample, this.#needsBytes)));
      } catch (cause) {
        this.#fail(flight, sample, asPipelineError(cause, "OPERATOR_FAILED", `${sample.id} cannot be encoded`));
      } finally {
        this.#steps.waits.delete(flight);
        // Samples are encoded for the output: pixels take most of what writing costs.
        this.#tally.writeSeconds += (performance.now() - start) / 1000;
      }
    }
    return { flight, leaving };
  }

  #fail(flight: Flight, sample: Sample, error: PipelineError): void {
    if (error.scope !== "sample") throw error;
    this.#tally.countUnwritable(error.code);
    flight.failures.push({ id: sample.id, step: "write", error });
  }
}
