import { createHash } from "node:crypto";
import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { refusedWords } from "../../kernels/text-refused-words.ts";
import { isAbove, textOf } from "./text-options.ts";

const options = z.strictObject({
  ...filterOptions,
  words: z
    .array(z.string().trim().min(1))
    .min(1)
    .describe("Words and phrases to refuse; upper and lower case are the same."),
  match: z
    .enum(["whole", "anywhere"])
    .default("whole")
    .describe(
      "`whole`: only where no letter, digit or underscore touches the word; `anywhere`: inside other words too, for scripts without spaces.",
    ),
  maxOccurrences: z.int().min(0).default(0).describe("Most occurrences that a text may have and pass."),
  keepFraction: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("Share of refused texts that is kept all the same; the text and the seed decide which."),
});

type WordScores = {
  readonly refusedWordCount: number;
  readonly firstRefusedWord: string;
  /** 0 to 1, below `keepFraction` = kept. */
  readonly refusedWordLot: number;
};

/**
 * Drops text that has words of a list, as the filter of C4 for bad words does. Which refused texts
 * `keepFraction` spares depends on the text and the seed of the plan alone, so a second run spares the same.
 */
export const filterWords = defineFilter<z.output<typeof options>, z.input<typeof options>, WordScores>({
  name: "filter-words",
  summary: "Drops text that has words or phrases of a list.",
  modality: "text",
  reference: "Raffel et al. 2020, JMLR 21:140; datatrove 0.10.1 C4BadWordsFilter",
  options,
  parts: ["text"],
  scores: ["refusedWordCount", "firstRefusedWord", "refusedWordLot"],
  reasons: ["document_removed_with_badwords"],
  async open({ words, match }, { seed }) {
    const refused = refusedWords(words, match);
    return {
      score(part) {
        const text = textOf(part);
        const { count, first } = refused.find(text);
        return {
          refusedWordCount: count,
          firstRefusedWord: first,
          refusedWordLot: count === 0 ? 1 : lotOf(text, seed),
        };
      },
      decide(scores, { maxOccurrences, keepFraction }) {
        if (!isAbove(scores.refusedWordCount, maxOccurrences) || scores.refusedWordLot < keepFraction) return undefined;
        return "document_removed_with_badwords";
      },
    };
  },
});

/** A number from 0 up to and without 1, evenly spread over texts. */
function lotOf(text: string, seed: number): number {
  const digest = createHash("sha256").update(`${seed}\n`).update(text).digest();
  return digest.readUInt32LE(0) / 2 ** 32;
}
