import { z } from "zod";
import { PipelineError } from "../../model/errors.ts";
import type { Part } from "../../model/sample.ts";

/** The option of every filter that counts words. */
export const tokensOption = {
  tokens: z
    .enum(["words", "whitespace"])
    .default("words")
    .describe(
      "`words` splits punctuation from words (`don't`, `3.14` and `example.com` stay whole; Han and Kana are cut by character); `whitespace` splits at white space only.",
    ),
};

/** A threshold that `null` switches off. */
export function limit(description: string, standard: number, schema: z.ZodNumber = z.number().min(0)) {
  return schema.nullable().default(standard).describe(`${description} \`null\` switches the rule off.`);
}

export function countLimit(description: string, standard: number) {
  return limit(description, standard, z.int().min(0));
}

/** The text of a part that the engine selected by kind. */
export function textOf(part: Part): string {
  if (part.kind === "text") return part.text;
  throw new PipelineError(
    "SAMPLE_UNSUPPORTED",
    `part ${JSON.stringify(part.name)}: expected text, received ${part.kind}`,
    {
      details: { part: part.name, kind: part.kind },
    },
  );
}

/** `count / total`, 0 when there is nothing to divide by. */
export function ratio(count: number, total: number): number {
  return total === 0 ? 0 : count / total;
}

export function isAbove(value: number, maximum: number | null): boolean {
  return maximum !== null && value > maximum;
}

export function isBelow(value: number, minimum: number | null): boolean {
  return minimum !== null && value < minimum;
}
