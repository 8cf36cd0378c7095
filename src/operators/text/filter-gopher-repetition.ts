import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { duplicateNGramCharacters, topNGramCharacters } from "../../kernels/text-ngrams.ts";
import { duplicateLines, duplicateParagraphs } from "../../kernels/text-repetition.ts";
import { scanText, type Tokens } from "../../kernels/text-scan.ts";
import { isAbove, limit, ratio, textOf, tokensOption } from "./text-options.ts";

const topShare = (n: number) => `Greatest share of characters in the most frequent run of ${n} words.`;
const duplicateShare = (n: number) => `Greatest share of characters in runs of ${n} words that occurred before.`;

const options = z.strictObject({
  ...filterOptions,
  ...tokensOption,
  maxDuplicateLineRatio: limit("Greatest share of lines that occurred before.", 0.3),
  maxDuplicateParagraphRatio: limit("Greatest share of paragraphs that occurred before.", 0.3),
  maxDuplicateLineCharacterRatio: limit("Greatest share of characters in such lines.", 0.2),
  maxDuplicateParagraphCharacterRatio: limit("Greatest share of characters in such paragraphs.", 0.2),
  maxTop2GramRatio: limit(topShare(2), 0.2),
  maxTop3GramRatio: limit(topShare(3), 0.18),
  maxTop4GramRatio: limit(topShare(4), 0.16),
  maxDuplicate5GramRatio: limit(duplicateShare(5), 0.15),
  maxDuplicate6GramRatio: limit(duplicateShare(6), 0.14),
  maxDuplicate7GramRatio: limit(duplicateShare(7), 0.13),
  maxDuplicate8GramRatio: limit(duplicateShare(8), 0.12),
  maxDuplicate9GramRatio: limit(duplicateShare(9), 0.11),
  maxDuplicate10GramRatio: limit(duplicateShare(10), 0.1),
});

type Limits = z.output<typeof options>;

/** Score, the threshold that decides on it, and datatrove's reason, in the order in which rules are tried. */
const rules = [
  ["duplicateParagraphRatio", "maxDuplicateParagraphRatio", "dup_para_frac"],
  ["duplicateParagraphCharacterRatio", "maxDuplicateParagraphCharacterRatio", "dup_para_char_frac"],
  ["duplicateLineRatio", "maxDuplicateLineRatio", "dup_line_frac"],
  ["duplicateLineCharacterRatio", "maxDuplicateLineCharacterRatio", "dup_line_char_frac"],
  ["top2GramRatio", "maxTop2GramRatio", "top_2_gram"],
  ["top3GramRatio", "maxTop3GramRatio", "top_3_gram"],
  ["top4GramRatio", "maxTop4GramRatio", "top_4_gram"],
  ["duplicate5GramRatio", "maxDuplicate5GramRatio", "duplicated_5_n_grams"],
  ["duplicate6GramRatio", "maxDuplicate6GramRatio", "duplicated_6_n_grams"],
  ["duplicate7GramRatio", "maxDuplicate7GramRatio", "duplicated_7_n_grams"],
  ["duplicate8GramRatio", "maxDuplicate8GramRatio", "duplicated_8_n_grams"],
  ["duplicate9GramRatio", "maxDuplicate9GramRatio", "duplicated_9_n_grams"],
  ["duplicate10GramRatio", "maxDuplicate10GramRatio", "duplicated_10_n_grams"],
] as const;

type RepetitionScores = { readonly [name in (typeof rules)[number][0]]: number } & {
  readonly gopherCharacters: number;
};

/**
 * The repetition rules of Gopher (Rae et al. 2021, arXiv:2112.11446, table A1), deciding as datatrove
 * 0.10.1 does on the same tokens. The first rule that is broken gives the reason. Empty text is dropped
 * as `empty`. Time grows linearly with the text.
 */
export const filterGopherRepetition = defineFilter<Limits, z.input<typeof options>, RepetitionScores>({
  name: "filter-gopher-repetition",
  summary: "Drops text that repeats lines, paragraphs or runs of words, by the rules of Gopher.",
  modality: "text",
  reference: "arXiv:2112.11446; datatrove 0.10.1 GopherRepetitionFilter",
  options,
  parts: ["text"],
  scores: ["gopherCharacters", ...rules.map(([score]) => score)],
  reasons: ["empty", ...rules.map(([, , reason]) => reason)],
  open: async ({ tokens }) => ({ score: (part) => scoreRepetition(textOf(part), tokens), decide }),
});

function decide(scores: RepetitionScores, limits: Limits): string | undefined {
  if (scores.gopherCharacters === 0) return "empty";
  for (const [score, threshold, reason] of rules) if (isAbove(scores[score], limits[threshold])) return reason;
  return undefined;
}

function scoreRepetition(text: string, tokens: Tokens): RepetitionScores {
  const scan = scanText(text, tokens);
  const total = scan.characterCount;
  const paragraphs = duplicateParagraphs(scan);
  const { lines } = duplicateLines(scan);
  const top = topNGramCharacters(scan, 4);
  return {
    gopherCharacters: total,
    duplicateParagraphRatio: ratio(paragraphs.duplicates, paragraphs.count),
    duplicateParagraphCharacterRatio: ratio(paragraphs.characters, total),
    duplicateLineRatio: ratio(lines.duplicates, lines.count),
    duplicateLineCharacterRatio: ratio(lines.characters, total),
    top2GramRatio: ratio(top[2] ?? 0, total),
    top3GramRatio: ratio(top[3] ?? 0, total),
    top4GramRatio: ratio(top[4] ?? 0, total),
    duplicate5GramRatio: ratio(duplicateNGramCharacters(scan, 5), total),
    duplicate6GramRatio: ratio(duplicateNGramCharacters(scan, 6), total),
    duplicate7GramRatio: ratio(duplicateNGramCharacters(scan, 7), total),
    duplicate8GramRatio: ratio(duplicateNGramCharacters(scan, 8), total),
    duplicate9GramRatio: ratio(duplicateNGramCharacters(scan, 9), total),
    duplicate10GramRatio: ratio(duplicateNGramCharacters(scan, 10), total),
  };
}
