import { z } from "zod";
import type { Attributes, Part, PartKind, Sample } from "../model/sample.ts";
import { withAttributes } from "../model/sample.ts";
import { defineMap, type MapOperator, type Modality, type OpenContext, type Outcome } from "./operator.ts";

/** Options that every filter has beside its own. */
export const filterOptions = {
  mode: z
    .enum(["filter", "score"])
    .default("filter")
    .describe("`filter` drops what misses the thresholds; `score` only writes the scores and keeps everything."),
  part: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Name of the one part to look at. Without it every part of the kind is looked at, and one that misses a threshold drops the sample.",
    ),
};

interface FilterOptions {
  readonly mode: "filter" | "score";
  readonly part?: string | undefined;
}

interface OpenedFilter<Options, Scores extends Attributes> {
  /** Scores of one part, under the names that `scores` lists. Throwing fails the sample. */
  score(part: Part): Scores | Promise<Scores>;
  /** The reason to drop, or undefined to keep. Pure: thresholds can be tried on stored scores. */
  decide(scores: Scores, options: Options): string | undefined;
  close?(): Promise<void>;
}

interface FilterDefinition<Options extends FilterOptions, Input, Scores extends Attributes> {
  readonly name: string;
  readonly summary: string;
  readonly modality: Modality;
  readonly reference?: string;
  /** Must include `...filterOptions`. */
  readonly options: z.ZodType<Options, Input>;
  readonly parts: readonly PartKind[];
  /** Names of the attributes that the score is written to. */
  readonly scores: readonly (keyof Scores & string)[];
  readonly reasons: readonly string[];
  open(options: Options, context: OpenContext): Promise<OpenedFilter<Options, Scores>>;
}

/**
 * An operator that scores first and decides afterwards.
 *
 * The scores are written as attributes whether or not they decide. With several parts of the kind,
 * the first part that misses a threshold drops the sample and its scores are the ones written;
 * otherwise the first part's scores are. A sample without such a part passes unchanged.
 */
export function defineFilter<Options extends FilterOptions, Input, Scores extends Attributes>(
  definition: FilterDefinition<Options, Input, Scores>,
): MapOperator<Options, Input> {
  return defineMap<Options, Input>({
    name: definition.name,
    summary: definition.summary,
    modality: definition.modality,
    ...(definition.reference === undefined ? {} : { reference: definition.reference }),
    options: definition.options,
    signature: () => ({ reads: [], writes: definition.scores, parts: definition.parts }),
    dropReasons: (options) => (options.mode === "score" ? [] : definition.reasons),
    async open(options, context) {
      const opened = await definition.open(options, context);
      const verdictOn = (sample: Sample, scores: Scores) => ({
        scores,
        reason: options.mode === "score" ? undefined : opened.decide(scores, options),
        sample,
      });
      const apply = (sample: Sample): Outcome | Promise<Outcome> => {
        const parts = partsToLookAt(sample, definition.parts, options.part);
        const [first, ...others] = parts;
        if (first === undefined) return { kind: "keep", sample };
        const scores = opened.score(first);
        if (others.length === 0 && !(scores instanceof Promise)) return outcomeOf(verdictOn(sample, scores));
        return decideAll(sample, scores, others);
      };
      const decideAll = async (
        sample: Sample,
        firstScores: Scores | Promise<Scores>,
        others: readonly Part[],
      ): Promise<Outcome> => {
        const first = verdictOn(sample, await firstScores);
        if (first.reason !== undefined) return outcomeOf(first);
        for (const part of others) {
          const verdict = verdictOn(sample, await opened.score(part));
          if (verdict.reason !== undefined) return outcomeOf(verdict);
        }
        return outcomeOf(first);
      };
      return { apply, ...(opened.close === undefined ? {} : { close: () => opened.close?.() ?? Promise.resolve() }) };
    },
  });
}

/** Parts of the given kinds, in order; with a name, the part of that name only. */
export function partsToLookAt(sample: Sample, kinds: readonly PartKind[], name: string | undefined): readonly Part[] {
  return sample.parts.filter((part) => kinds.includes(part.kind) && (name === undefined || part.name === name));
}

function outcomeOf(verdict: {
  readonly sample: Sample;
  readonly scores: Attributes;
  readonly reason: string | undefined;
}): Outcome {
  const sample = withAttributes(verdict.sample, verdict.scores);
  return verdict.reason === undefined ? { kind: "keep", sample } : { kind: "drop", reason: verdict.reason, sample };
}
