import { z } from "zod";
import { defineMap, keep } from "../../contract/operator.ts";
import { compileExpression } from "./expression/compile-expression.ts";

const reason = "expression";

/**
 * Keeps the samples for which an expression over their attributes holds. The language is in
 * `expression/parse.ts` and `expression/functions.ts`; docs/decisions/0002 says why it is our own.
 *
 * A sample without an attribute that the expression needs fails with ATTRIBUTE_MISSING, and one with a
 * value of another type with ATTRIBUTE_TYPE: neither is dropped in silence.
 */
export const filter = defineMap({
  name: "filter",
  summary: "Keeps samples for which an expression over their attributes holds.",
  modality: "any",
  options: z.strictObject({
    where: z
      .string()
      .min(1)
      .describe(
        'What must hold for a sample to be kept, for example `widthPixels >= 200 and language in ["en", "de"]`. ' +
          'Attributes by name (`meta.width`, `attributes["odd name"]`), `== != < <= > >= in`, `+ - * / %`, ' +
          "`and or not`, `test ? yes : no`, and the functions length, lower, upper, contains, startsWith, endsWith, " +
          "matchesGlob, min, max, abs, round, exists, coalesce.",
      ),
  }),
  signature({ where }) {
    const { reads, readsIfPresent } = compileExpression(where);
    return { reads, readsIfPresent, writes: [], parts: [] };
  },
  dropReasons: () => [reason],
  async open({ where }) {
    const expression = compileExpression(where);
    return {
      apply: (sample) => (expression.holds(sample.attributes) ? keep(sample) : { kind: "drop", reason, sample }),
    };
  },
});
