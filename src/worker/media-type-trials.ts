import type { MediaTypeFailure, MediaTypeTrial } from "../contract/preflight.ts";
import type { PartKind, Sample } from "../model/sample.ts";
import type { FailedSample, Flight } from "./apply-steps.ts";

export interface PartType {
  readonly mediaType: string;
  readonly kind: PartKind;
}

/** The distinct media types of a sample's parts, in the order of the parts. */
export function mediaTypesOf(sample: Sample): readonly PartType[] {
  const types = new Map<string, PartType>();
  for (const part of sample.parts) {
    const mediaType = part.kind === "embedding" ? "embedding" : part.mediaType;
    if (!types.has(mediaType)) types.set(mediaType, { mediaType, kind: part.kind });
  }
  return [...types.values()];
}

interface Trial extends PartType {
  looked: number;
  tried: number;
  /** By step and code. */
  readonly failures: Map<string, MediaTypeFailure>;
}

/** Which media types were found, and what failed of each at the steps that work on such parts. */
export class MediaTypeTrials {
  readonly #trials = new Map<string, Trial>();

  look(sample: Sample): void {
    for (const type of mediaTypesOf(sample)) {
      const known = this.#trials.get(type.mediaType);
      if (known === undefined) this.#trials.set(type.mediaType, { ...type, looked: 1, tried: 0, failures: new Map() });
      else known.looked++;
    }
  }

  /** Counts a sample that was tried. A failure is held against the parts that its step works on. */
  settle(sample: Sample, { uri, failures }: Flight, partKinds: ReadonlyMap<string, readonly PartKind[]>): void {
    for (const { mediaType, kind } of mediaTypesOf(sample)) {
      const trial = this.#trials.get(mediaType);
      if (trial === undefined) continue;
      trial.tried++;
      const counted = new Set<string>();
      for (const failure of failures) {
        const key = `${failure.step} ${failure.error.code}`;
        // The children of one sample may fail one by one: it still is one sample.
        if (counted.has(key) || !concerns(kind, partKinds.get(failure.step) ?? [])) continue;
        counted.add(key);
        trial.failures.set(key, oneMore(trial.failures.get(key), failure, uri));
      }
    }
  }

  /** The most frequent types first. */
  report(): readonly MediaTypeTrial[] {
    return [...this.#trials.values()]
      .sort((a, b) => b.looked - a.looked || (a.mediaType < b.mediaType ? -1 : 1))
      .map(({ mediaType, kind, looked, tried, failures }) => ({
        mediaType,
        kind,
        looked,
        tried,
        failures: [...failures.values()],
      }));
  }
}

function concerns(kind: PartKind, stepKinds: readonly PartKind[]): boolean {
  return stepKinds.length === 0 || stepKinds.includes(kind);
}

function oneMore(known: MediaTypeFailure | undefined, { step, error }: FailedSample, uri: string): MediaTypeFailure {
  if (known !== undefined) return { ...known, samples: known.samples + 1 };
  return { step, code: error.code, message: error.message, uri, samples: 1 };
}
