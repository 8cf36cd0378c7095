import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { codePointOf, flagsOfCodePoint, flagsOfUnit, isPairAt, isTerminal } from "../../kernels/text-characters.ts";
import { duplicateLines } from "../../kernels/text-repetition.ts";
import { isBlankLine, scanText, type TextScan, type Tokens } from "../../kernels/text-scan.ts";
import { isAbove, isBelow, limit, ratio, textOf, tokensOption } from "./text-options.ts";

const options = z.strictObject({
  ...filterOptions,
  ...tokensOption,
  minPunctuatedLineRatio: limit("Least share of lines that end with terminal punctuation.", 0.12),
  keepUnpunctuated: z
    .boolean()
    .default(false)
    .describe("Whether text without any line that ends with terminal punctuation passes that rule."),
  maxShortLineRatio: limit("Greatest share of short lines.", 0.67),
  shortLineCharacters: z.int().min(0).default(30).describe("Longest line that is short, in characters."),
  maxDuplicateCharacterRatio: limit("Greatest share of characters in lines that occurred before.", 0.01),
  maxNewlinesPerWord: limit("Most line ends per word.", 0.3),
});

type FinewebScores = {
  readonly finewebLines: number;
  readonly finewebPunctuatedLineRatio: number;
  readonly finewebShortLineRatio: number;
  readonly finewebDuplicateCharacterRatio: number;
  readonly finewebNewlinesPerWord: number;
};

/**
 * The quality rules of FineWeb (Penedo et al. 2024, arXiv:2406.17557), deciding as datatrove 0.10.1 does on
 * the same tokens. Lines of white space only do not count; text without another line is dropped as `empty`.
 */
export const filterFineweb = defineFilter<z.output<typeof options>, z.input<typeof options>, FinewebScores>({
  name: "filter-fineweb",
  summary: "Drops text that looks like lists or boilerplate, by the rules of FineWeb.",
  modality: "text",
  reference: "arXiv:2406.17557; datatrove 0.10.1 FineWebQualityFilter",
  options,
  parts: ["text"],
  scores: [
    "finewebLines",
    "finewebPunctuatedLineRatio",
    "finewebShortLineRatio",
    "finewebDuplicateCharacterRatio",
    "finewebNewlinesPerWord",
  ],
  reasons: ["empty", "line_punct_ratio", "short_line_ratio", "char_dup_ratio", "list_ratio"],
  open: async ({ tokens, shortLineCharacters }) => ({
    score: (part) => scoreLines(textOf(part), tokens, shortLineCharacters),
    decide(scores, limits) {
      if (scores.finewebLines === 0) return "empty";
      const isExcused = limits.keepUnpunctuated && scores.finewebPunctuatedLineRatio === 0;
      if (!isExcused && isBelow(scores.finewebPunctuatedLineRatio, limits.minPunctuatedLineRatio)) {
        return "line_punct_ratio";
      }
      if (isAbove(scores.finewebShortLineRatio, limits.maxShortLineRatio)) return "short_line_ratio";
      if (isAbove(scores.finewebDuplicateCharacterRatio, limits.maxDuplicateCharacterRatio)) return "char_dup_ratio";
      if (isAbove(scores.finewebNewlinesPerWord, limits.maxNewlinesPerWord)) return "list_ratio";
      return undefined;
    },
  }),
});

function scoreLines(text: string, tokens: Tokens, shortLineCharacters: number): FinewebScores {
  const scan = scanText(text, tokens);
  const { filledLines } = duplicateLines(scan);
  let punctuated = 0;
  let short = 0;
  for (let i = 0; i < scan.lineCount; i++) {
    if (isBlankLine(scan, i)) continue;
    if (endsWithTerminal(scan, scan.lineEnd[i] ?? 0)) punctuated++;
    if ((scan.lineCharacters[i] ?? 0) <= shortLineCharacters) short++;
  }
  const newlines = scan.lineCount - 1;
  return {
    finewebLines: filledLines.count,
    finewebPunctuatedLineRatio: ratio(punctuated, filledLines.count),
    finewebShortLineRatio: ratio(short, filledLines.count),
    finewebDuplicateCharacterRatio: ratio(filledLines.characters, scan.characterCount - newlines),
    finewebNewlinesPerWord: ratio(newlines, scan.tokenCount),
  };
}

function endsWithTerminal(scan: TextScan, end: number): boolean {
  const { units } = scan;
  const last = units[end - 1] ?? 0;
  const isPair = end >= 2 && isPairAt(units, end - 2, end);
  const flags = isPair ? flagsOfCodePoint(codePointOf(units[end - 2] ?? 0, last)) : flagsOfUnit(last);
  return (flags & isTerminal) !== 0;
}
