import { z } from "zod";
import { filterOptions, partsToLookAt } from "../../contract/filter.ts";
import { defineMap, type Outcome } from "../../contract/operator.ts";
import { normalizeText } from "../../kernels/text-normal.ts";
import { type Sample, withPart } from "../../model/sample.ts";

const options = z.strictObject({
  part: filterOptions.part.describe("Name of the one text to normalise. Without it every text is."),
  unicodeForm: z
    .enum(["NFC", "NFD", "NFKC", "NFKD", "none"])
    .default("NFC")
    .describe("Unicode normalisation form. The K forms also unify ligatures, full-width letters and the like."),
  unifyNewlines: z
    .boolean()
    .default(true)
    .describe("Whether CR LF, CR, vertical tab, form feed, NEL, U+2028 and U+2029 become a line feed."),
  spaces: z
    .enum(["collapse", "trim", "keep"])
    .default("collapse")
    .describe(
      "`collapse`: every run of spaces and tabs becomes one space, none at either end of a line; `trim`: only spaces at the end of lines go, so indentation stays; `keep`: none changes.",
    ),
  maxBlankLines: z
    .int()
    .min(0)
    .nullable()
    .default(1)
    .describe("Most empty lines in a row; none are left at either end of the text. `null` keeps them all."),
  removeControls: z
    .boolean()
    .default(true)
    .describe("Whether control characters, NUL among them, are removed. Tabs and line ends are not among them."),
  removeInvisibles: z
    .boolean()
    .default(true)
    .describe(
      "Whether soft hyphens, zero-width spaces, word joiners and byte order marks are removed. Joiners that scripts and emoji need stay.",
    ),
});

/**
 * Brings text into one form. Deterministic; normalising twice gives what normalising once gives. Lone
 * surrogates always become U+FFFD. A text of nothing but white space becomes empty and is kept: filters decide.
 */
export const normalizeTextOperator = defineMap<z.output<typeof options>, z.input<typeof options>>({
  name: "normalize-text",
  summary: "Unifies Unicode form, line ends and white space of text, and removes control characters.",
  modality: "text",
  reference: "Unicode Standard Annex #15, as Node implements it",
  options,
  signature: () => ({ reads: [], writes: [], parts: ["text"] }),
  dropReasons: () => [],
  async open(rules) {
    return {
      apply(sample: Sample): Outcome {
        let normalized = sample;
        for (const part of partsToLookAt(sample, ["text"], rules.part)) {
          if (part.kind !== "text") continue;
          const text = normalizeText(part.text, rules);
          if (text !== part.text) normalized = withPart(normalized, { ...part, text });
        }
        return { kind: "keep", sample: normalized };
      },
    };
  },
});
