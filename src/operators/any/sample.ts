import { z } from "zod";
import { defineMap, keep } from "../../contract/operator.ts";
import { PipelineError } from "../../model/errors.ts";
import type { Sample } from "../../model/sample.ts";
import { murmur3 } from "./murmur3.ts";

const reason = "not_sampled";
const hashRange = 2 ** 32;

const fraction = z.number().min(0).max(1);

/**
 * Keeps a fraction of the samples. Whether a sample is kept depends on its id and the step's seed alone
 * (MurmurHash3 of the id below fraction x 2^32): not on order, workers or retries. What a smaller fraction
 * keeps, a larger one keeps too.
 */
export const sample = defineMap({
  name: "sample",
  summary: "Keeps a fraction of the samples, the same ones at every run.",
  modality: "any",
  options: z
    .strictObject({
      fraction: fraction.describe(
        "Fraction of the samples to keep, 0 to 1. With `fractions`: of those whose value is not listed there.",
      ),
      attribute: z
        .string()
        .min(1)
        .optional()
        .describe("Attribute whose value chooses the fraction from `fractions`, `language` for example."),
      fractions: z
        .record(z.string(), fraction)
        .optional()
        .describe("Fraction to keep for each value of `attribute`, for example `{ en: 0.1, de: 1 }`."),
    })
    .refine((options) => (options.attribute === undefined) === (options.fractions === undefined), {
      error: "`attribute` and `fractions` belong together: give both or neither",
    }),
  signature: ({ attribute }) => ({ reads: attribute === undefined ? [] : [attribute], writes: [], parts: [] }),
  dropReasons: () => [reason],
  async open({ fraction: otherwise, attribute, fractions }, { seed }) {
    const hash = idHash(seed);
    const fractionOf = (input: Sample): number => {
      if (attribute === undefined || fractions === undefined) return otherwise;
      const value = labelOf(input, attribute);
      return Object.hasOwn(fractions, value) ? (fractions[value] ?? otherwise) : otherwise;
    };
    return {
      apply: (input) =>
        hash(input.id) < fractionOf(input) * hashRange ? keep(input) : { kind: "drop", reason, sample: input },
    };
  },
});

/** The attribute's value as `fractions` names it. */
function labelOf(input: Sample, attribute: string): string {
  const value = Object.hasOwn(input.attributes, attribute) ? input.attributes[attribute] : undefined;
  if (value === undefined)
    throw new PipelineError(
      "ATTRIBUTE_MISSING",
      `attribute "${attribute}" is missing; the sample has ${Object.keys(input.attributes).join(", ") || "none"}`,
      { details: { attribute } },
    );
  if (value !== null && typeof value === "object")
    throw new PipelineError(
      "ATTRIBUTE_TYPE",
      `attribute "${attribute}": expected string, number, boolean or null, received ${Array.isArray(value) ? "list" : "object"}`,
      { details: { attribute } },
    );
  return String(value);
}

function idHash(seed: number): (id: string) => number {
  // Seeds above 32 bits keep their upper half.
  const seed32 = (seed | 0) ^ Math.floor(seed / hashRange);
  const encoder = new TextEncoder();
  let buffer = new Uint8Array(1024);
  return (id) => {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (id.length * 3 > buffer.length) buffer = new Uint8Array(id.length * 3);
    return murmur3(buffer, encoder.encodeInto(id, buffer).written, seed32);
  };
}
