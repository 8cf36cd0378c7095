import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { isBlankLine, scanText, type Tokens } from "../../kernels/text-scan.ts";
import { isAbove, isBelow, ratio, textOf, tokensOption } from "./text-options.ts";

const minimum = (what: string) => z.number().min(0).nullable().default(null).describe(`Least ${what}.`);
const maximum = (what: string) => z.number().min(0).nullable().default(null).describe(`Greatest ${what}.`);

const options = z.strictObject({
  ...filterOptions,
  ...tokensOption,
  minCharacters: minimum("number of characters (code points)").default(1),
  maxCharacters: maximum("number of characters (code points)"),
  minWords: minimum("number of words"),
  maxWords: maximum("number of words"),
  minLines: minimum("number of lines that hold something else than white space"),
  maxLines: maximum("number of lines that hold something else than white space"),
  minMeanWordLength: minimum("mean length of words, in characters"),
  maxMeanWordLength: maximum("mean length of words, in characters"),
  maxWordLength: maximum("length of a single word, in characters"),
  minMeanLineLength: minimum("mean length of lines, in characters"),
  maxMeanLineLength: maximum("mean length of lines, in characters"),
  maxLineLength: maximum("length of a single line, in characters"),
});

type Limits = z.output<typeof options>;

type LengthScores = {
  readonly characterCount: number;
  readonly wordCount: number;
  readonly lineCount: number;
  readonly meanWordLength: number;
  readonly maxWordLength: number;
  readonly meanLineLength: number;
  readonly maxLineLength: number;
};

/** Score, its limits, and the reasons, in the order in which rules are tried. */
const rules = [
  ["characterCount", "minCharacters", "maxCharacters", "too_few_characters", "too_many_characters"],
  ["wordCount", "minWords", "maxWords", "too_few_words", "too_many_words"],
  ["lineCount", "minLines", "maxLines", "too_few_lines", "too_many_lines"],
  ["meanWordLength", "minMeanWordLength", "maxMeanWordLength", "words_too_short", "words_too_long"],
  ["maxWordLength", undefined, "maxWordLength", undefined, "word_too_long"],
  ["meanLineLength", "minMeanLineLength", "maxMeanLineLength", "lines_too_short", "lines_too_long"],
  ["maxLineLength", undefined, "maxLineLength", undefined, "line_too_long"],
] as const;

/**
 * Length rules; without options only empty text is dropped. Lengths are code points. Lines of white space
 * only do not count. Means of nothing are 0.
 */
export const filterTextLength = defineFilter<Limits, z.input<typeof options>, LengthScores>({
  name: "filter-text-length",
  summary: "Drops text by its number of characters, words and lines and by their lengths.",
  modality: "text",
  options,
  parts: ["text"],
  scores: rules.map(([score]) => score),
  reasons: rules.flatMap(([, , , below, above]) => (below === undefined ? [above] : [below, above])),
  open: async ({ tokens }) => ({
    score: (part) => measure(textOf(part), tokens),
    decide(scores, limits) {
      for (const [score, least, greatest, below, above] of rules) {
        if (least !== undefined && isBelow(scores[score], limits[least])) return below;
        if (isAbove(scores[score], limits[greatest])) return above;
      }
      return undefined;
    },
  }),
});

function measure(text: string, tokens: Tokens): LengthScores {
  const scan = scanText(text, tokens);
  const { tokenCount, characterStart } = scan;
  let maxWordLength = 0;
  for (let i = 0; i < tokenCount; i++) {
    const length = (characterStart[i + 1] ?? 0) - (characterStart[i] ?? 0);
    if (length > maxWordLength) maxWordLength = length;
  }
  let lineCount = 0;
  let lineCharacters = 0;
  let maxLineLength = 0;
  for (let i = 0; i < scan.lineCount; i++) {
    if (isBlankLine(scan, i)) continue;
    const length = scan.lineCharacters[i] ?? 0;
    lineCount++;
    lineCharacters += length;
    if (length > maxLineLength) maxLineLength = length;
  }
  return {
    characterCount: scan.characterCount,
    wordCount: tokenCount,
    lineCount,
    meanWordLength: ratio(characterStart[tokenCount] ?? 0, tokenCount),
    maxWordLength,
    meanLineLength: ratio(lineCharacters, lineCount),
    maxLineLength,
  };
}
