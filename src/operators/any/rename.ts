import { z } from "zod";
import { defineMap, keep } from "../../contract/operator.ts";
import { PipelineError } from "../../model/errors.ts";
import type { Json } from "../../model/json.ts";
import type { Attributes, Part } from "../../model/sample.ts";

const names = z
  .record(z.string().min(1), z.string().min(1))
  .refine((renames) => new Set(Object.values(renames)).size === Object.keys(renames).length, {
    error: "two names would become one",
  });

/**
 * Gives attributes and parts new names; all at once, so that two can be swapped. Order stays.
 *
 * A sample without a listed attribute fails with ATTRIBUTE_MISSING; without a listed part it passes with its
 * other parts renamed. A new name that the sample already uses for something else fails it with NAME_TAKEN.
 */
export const rename = defineMap({
  name: "rename",
  summary: "Gives attributes and parts new names.",
  modality: "any",
  options: z
    .strictObject({
      attributes: names.optional().describe("New name of each attribute, for example `{ txt_len: textLength }`."),
      parts: names.optional().describe("New name of each part, for example `{ jpg: image, txt: caption }`."),
    })
    .refine((options) => options.attributes ?? options.parts, {
      error: "expected `attributes` or `parts`: without them nothing would be renamed",
    }),
  signature({ attributes = {} }) {
    const from = Object.keys(attributes);
    const to = Object.values(attributes);
    return { reads: from, writes: to, removes: from.filter((name) => !to.includes(name)), parts: [] };
  },
  dropReasons: () => [],
  async open({ attributes, parts }) {
    const attributeNames = attributes === undefined ? undefined : new Map(Object.entries(attributes));
    const partNames = parts === undefined ? undefined : new Map(Object.entries(parts));
    return {
      apply: (sample) =>
        keep({
          id: sample.id,
          parts: partNames === undefined ? sample.parts : renameParts(sample.parts, partNames),
          attributes:
            attributeNames === undefined ? sample.attributes : renameAttributes(sample.attributes, attributeNames),
        }),
    };
  },
});

type Names = ReadonlyMap<string, string>;

function renameAttributes(attributes: Attributes, renames: Names): Attributes {
  for (const name of renames.keys())
    if (!Object.hasOwn(attributes, name))
      throw new PipelineError(
        "ATTRIBUTE_MISSING",
        `attribute "${name}" is missing; the sample has ${Object.keys(attributes).join(", ") || "none"}`,
        { details: { attribute: name } },
      );
  const renamed: [string, Json][] = [];
  const taken = new Set<string>();
  for (const [old, value] of Object.entries(attributes)) {
    const name = renames.get(old) ?? old;
    if (taken.has(name)) throw nameTaken("attribute", name);
    taken.add(name);
    renamed.push([name, value]);
  }
  // fromEntries defines own properties, so that an attribute may be called `__proto__`.
  return Object.fromEntries(renamed);
}

function renameParts(parts: readonly Part[], renames: Names): readonly Part[] {
  const taken = new Set<string>();
  return parts.map((part) => {
    const name = renames.get(part.name) ?? part.name;
    if (taken.has(name)) throw nameTaken("part", name);
    taken.add(name);
    return name === part.name ? part : { ...part, name };
  });
}

function nameTaken(what: string, name: string): PipelineError {
  return new PipelineError("NAME_TAKEN", `the sample has another ${what} that is called "${name}"`, {
    details: { name },
  });
}
