import { z } from "zod";
import { defineMap, keep } from "../../contract/operator.ts";
import type { Json } from "../../model/json.ts";
import { type Attributes, type Part, partKinds, type Sample } from "../../model/sample.ts";

/**
 * Keeps only the named attributes and parts. What is not given is not touched: `select: { parts: [caption] }`
 * keeps every attribute. A listed attribute or part that a sample does not have is no error.
 */
export const select = defineMap({
  name: "select",
  summary: "Keeps only the named attributes and parts of each sample.",
  modality: "any",
  options: z
    .strictObject({
      attributes: z
        .array(z.string().min(1))
        .optional()
        .describe("Names of the attributes to keep; `[]` removes all. Without it all stay."),
      parts: z
        .array(z.string().min(1))
        .optional()
        .describe("Names of the parts to keep. Without `parts` and `kinds` all stay."),
      kinds: z
        .array(z.enum(partKinds))
        .optional()
        .describe("Kinds of the parts to keep, beside those named in `parts`."),
    })
    .refine((options) => options.attributes ?? options.parts ?? options.kinds, {
      error: "expected at least one of `attributes`, `parts` and `kinds`: without them nothing would be selected",
    }),
  signature: ({ attributes }) => ({
    reads: [],
    ...(attributes === undefined ? {} : { readsIfPresent: attributes }),
    writes: [],
    parts: [],
    ...(attributes === undefined ? {} : { removes: "unread" as const }),
  }),
  dropReasons: () => [],
  async open({ attributes, parts, kinds }) {
    const names = new Set(parts);
    const wantedKinds = new Set(kinds);
    const isWanted = (part: Part): boolean => names.has(part.name) || wantedKinds.has(part.kind);
    const areAllPartsKept = parts === undefined && kinds === undefined;
    return {
      apply: (sample: Sample) =>
        keep({
          id: sample.id,
          parts: areAllPartsKept ? sample.parts : sample.parts.filter(isWanted),
          attributes: attributes === undefined ? sample.attributes : pick(sample.attributes, attributes),
        }),
    };
  },
});

/** Those that are there, in the order of `names`. */
function pick(attributes: Attributes, names: readonly string[]): Attributes {
  const picked: [string, Json][] = [];
  for (const name of names) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (value !== undefined) picked.push([name, value]);
  }
  // fromEntries defines own properties, so that an attribute may be called `__proto__`.
  return Object.fromEntries(picked);
}
