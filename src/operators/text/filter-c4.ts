import { z } from "zod";
import { filterOptions, partsToLookAt } from "../../contract/filter.ts";
import { defineMap, type Outcome } from "../../contract/operator.ts";
import { type C4Verdict, cleanLines } from "../../kernels/text-c4.ts";
import { trimSpace } from "../../kernels/text-lines.ts";
import { type Attributes, type Sample, withAttributes, withPart } from "../../model/sample.ts";
import { countLimit } from "./text-options.ts";

const options = z.strictObject({
  mode: filterOptions.mode.describe(
    "`filter` removes lines and drops text; `score` leaves text as it is and only writes what would happen.",
  ),
  part: filterOptions.part,
  unit: z
    .enum(["line", "sentence"])
    .default("line")
    .describe("What is judged and removed as one: lines, joined again by line ends, or sentences, joined by spaces."),
  tokens: z
    .enum(["words", "whitespace"])
    .default("words")
    .describe(
      "How sentences are told apart. `words`: at terminal punctuation before white space; `whitespace`: at any terminal punctuation that no capital precedes.",
    ),
  removeCitations: z
    .boolean()
    .default(true)
    .describe("Whether `[1]`, `[]`, `[edit]`, `[citation needed]` are cut out."),
  requireTerminalPunctuation: z
    .boolean()
    .default(true)
    .describe("Whether lines that do not end with `. ? ! \" '`, or that end with an ellipsis, are removed."),
  minSentences: countLimit("Fewest sentences in what remains; text with fewer is dropped.", 5),
  minWordsPerLine: countLimit("Lines with fewer words are removed.", 3),
  maxWordLength: countLimit("Lines with a longer word, in characters, are removed.", 1000),
  refuseLoremIpsum: z.boolean().default(true).describe("Whether a line with `lorem ipsum` drops the text."),
  removeJavascriptLines: z.boolean().default(true).describe("Whether lines that mention JavaScript are removed."),
  refuseCurlyBrackets: z.boolean().default(true).describe("Whether a line with `{` drops the text."),
  removePolicyLines: z
    .boolean()
    .default(true)
    .describe("Whether lines about cookies, privacy policies and terms of use are removed."),
});

/**
 * The quality rules of C4 (Raffel et al. 2020, JMLR 21:140), deciding and cleaning as datatrove 0.10.1 does
 * with its white-space tokenizer when `tokens` is `whitespace`. Kept text holds the lines that remain.
 *
 * Attributes: `c4Verdict` is `kept` or the reason, `c4Sentences` the sentences that remain, `c4KeptLineRatio`
 * the share of lines that remain; those of the first text, or of the one that is refused. When several texts
 * are looked at, a refused one drops the sample. In the text of a dropped sample nothing is changed.
 */
export const filterC4 = defineMap<z.output<typeof options>, z.input<typeof options>>({
  name: "filter-c4",
  summary: "Removes lines that are no prose and drops text with too little left, by the rules of C4.",
  modality: "text",
  reference: "Raffel et al. 2020, JMLR 21:140; datatrove 0.10.1 C4QualityFilter",
  options,
  signature: () => ({ reads: [], writes: ["c4Verdict", "c4Sentences", "c4KeptLineRatio"], parts: ["text"] }),
  dropReasons: ({ mode }) => (mode === "score" ? [] : ["lorem_ipsum", "curly_bracket", "too_few_sentences"]),
  async open(rules) {
    const separator = rules.unit === "line" ? "\n" : " ";
    return {
      apply(sample: Sample): Outcome {
        let cleaned = sample;
        let attributes: Attributes | undefined;
        for (const part of partsToLookAt(sample, ["text"], rules.part)) {
          if (part.kind !== "text") continue;
          const { verdict, lines, lineCount, sentences } = cleanLines(part.text, rules);
          const kept = lineCount === 0 ? 0 : lines.length / lineCount;
          const found = { c4Verdict: verdict, c4Sentences: sentences, c4KeptLineRatio: kept };
          attributes ??= found;
          if (rules.mode === "score") continue;
          if (verdict !== "kept") return refused(sample, verdict, found);
          cleaned = withPart(cleaned, { ...part, text: trimSpace(lines.join(separator)) });
        }
        return { kind: "keep", sample: attributes === undefined ? sample : withAttributes(cleaned, attributes) };
      },
    };
  },
});

function refused(sample: Sample, reason: C4Verdict, attributes: Attributes): Outcome {
  return { kind: "drop", reason, sample: withAttributes(sample, attributes) };
}
