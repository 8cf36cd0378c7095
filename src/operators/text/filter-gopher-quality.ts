import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { isLetter, isNotPunctuation } from "../../kernels/text-characters.ts";
import { breakLines, countOccurrences, skipSpace, skipSpaceBack } from "../../kernels/text-lines.ts";
import { scanText, type TextScan, type Tokens } from "../../kernels/text-scan.ts";
import { countLimit, isAbove, isBelow, limit, ratio, textOf, tokensOption } from "./text-options.ts";

const options = z.strictObject({
  ...filterOptions,
  ...tokensOption,
  minWords: countLimit("Fewest words that are more than punctuation.", 50),
  maxWords: countLimit("Most words that are more than punctuation.", 100_000),
  minMeanWordLength: limit("Least mean length of such words, in characters.", 3),
  maxMeanWordLength: limit("Greatest mean length of such words, in characters.", 10),
  maxSymbolWordRatio: limit("Most `#`, and most ellipses, per word.", 0.1),
  maxBulletLineRatio: limit("Greatest share of lines that begin with a bullet (`•` or `-`).", 0.9),
  maxEllipsisLineRatio: limit("Greatest share of lines that end with an ellipsis.", 0.3),
  minAlphabeticWordRatio: limit("Least share of words that have a letter.", 0.8),
  minStopWords: countLimit("Fewest different stop words.", 2),
  stopWords: z
    .array(z.string().min(1))
    .default(["the", "be", "to", "of", "and", "that", "have", "with"])
    .describe("The stop words; compared with upper and lower case as written."),
});

type QualityScores = {
  readonly gopherWords: number;
  readonly gopherMeanWordLength: number;
  readonly gopherHashWordRatio: number;
  readonly gopherEllipsisWordRatio: number;
  readonly gopherBulletLineRatio: number;
  readonly gopherEllipsisLineRatio: number;
  readonly gopherAlphabeticWordRatio: number;
  readonly gopherStopWords: number;
};

/**
 * The quality rules of Gopher (Rae et al. 2021, arXiv:2112.11446, section A1.1), deciding as datatrove
 * 0.10.1 does on the same tokens. The first rule that is broken gives the reason. Shares of nothing are 0.
 */
export const filterGopherQuality = defineFilter<z.output<typeof options>, z.input<typeof options>, QualityScores>({
  name: "filter-gopher-quality",
  summary: "Drops text that misses the quality rules of Gopher: length, symbols, bullets, letters, stop words.",
  modality: "text",
  reference: "arXiv:2112.11446; datatrove 0.10.1 GopherQualityFilter",
  options,
  parts: ["text"],
  scores: [
    "gopherWords",
    "gopherMeanWordLength",
    "gopherHashWordRatio",
    "gopherEllipsisWordRatio",
    "gopherBulletLineRatio",
    "gopherEllipsisLineRatio",
    "gopherAlphabeticWordRatio",
    "gopherStopWords",
  ],
  reasons: [
    "gopher_short_doc",
    "gopher_long_doc",
    "gopher_below_avg_threshold",
    "gopher_above_avg_threshold",
    "gopher_too_many_hashes",
    "gopher_too_many_ellipsis",
    "gopher_too_many_bullets",
    "gopher_too_many_end_ellipsis",
    "gopher_below_alpha_threshold",
    "gopher_enough_stop_words",
  ],
  async open(chosen) {
    const stopWords = [...new Set(chosen.stopWords)].map(unitsOf);
    return { score: (part) => scoreQuality(textOf(part), chosen.tokens, stopWords), decide };
  },
});

function decide(scores: QualityScores, limits: z.output<typeof options>): string | undefined {
  if (isBelow(scores.gopherWords, limits.minWords)) return "gopher_short_doc";
  if (isAbove(scores.gopherWords, limits.maxWords)) return "gopher_long_doc";
  if (isBelow(scores.gopherMeanWordLength, limits.minMeanWordLength)) return "gopher_below_avg_threshold";
  if (isAbove(scores.gopherMeanWordLength, limits.maxMeanWordLength)) return "gopher_above_avg_threshold";
  if (isAbove(scores.gopherHashWordRatio, limits.maxSymbolWordRatio)) return "gopher_too_many_hashes";
  if (isAbove(scores.gopherEllipsisWordRatio, limits.maxSymbolWordRatio)) return "gopher_too_many_ellipsis";
  if (isAbove(scores.gopherBulletLineRatio, limits.maxBulletLineRatio)) return "gopher_too_many_bullets";
  if (isAbove(scores.gopherEllipsisLineRatio, limits.maxEllipsisLineRatio)) return "gopher_too_many_end_ellipsis";
  if (isBelow(scores.gopherAlphabeticWordRatio, limits.minAlphabeticWordRatio)) return "gopher_below_alpha_threshold";
  if (isBelow(scores.gopherStopWords, limits.minStopWords)) return "gopher_enough_stop_words";
  return undefined;
}

function scoreQuality(text: string, tokens: Tokens, stopWords: readonly Uint16Array[]): QualityScores {
  const scan = scanText(text, tokens);
  const { tokenCount, tokenFlags, characterStart } = scan;
  let words = 0;
  let wordCharacters = 0;
  let alphabetic = 0;
  for (let i = 0; i < tokenCount; i++) {
    const flags = tokenFlags[i] ?? 0;
    if ((flags & isLetter) !== 0) alphabetic++;
    if ((flags & isNotPunctuation) === 0) continue;
    words++;
    wordCharacters += (characterStart[i + 1] ?? 0) - (characterStart[i] ?? 0);
  }
  const lines = countMarkedLines(scan);
  return {
    gopherWords: words,
    gopherMeanWordLength: ratio(wordCharacters, words),
    gopherHashWordRatio: ratio(countOccurrences(text, "#"), tokenCount),
    gopherEllipsisWordRatio: ratio(countOccurrences(text, "...") + countOccurrences(text, "…"), tokenCount),
    gopherBulletLineRatio: ratio(lines.bullets, lines.count),
    gopherEllipsisLineRatio: ratio(lines.ellipses, lines.count),
    gopherAlphabeticWordRatio: ratio(alphabetic, tokenCount),
    gopherStopWords: countStopWords(scan, stopWords),
  };
}

function countMarkedLines(scan: TextScan): {
  readonly count: number;
  readonly bullets: number;
  readonly ellipses: number;
} {
  const { units } = scan;
  const { count, start, end } = breakLines(scan);
  let bullets = 0;
  let ellipses = 0;
  for (let i = 0; i < count; i++) {
    const from = skipSpace(units, start[i] ?? 0, end[i] ?? 0);
    const to = skipSpaceBack(units, from, end[i] ?? 0);
    if (from === to) continue;
    const first = units[from];
    if (first === 0x2d || first === 0x2022) bullets++;
    const last = units[to - 1];
    const endsInDots = last === 0x2e && to - from >= 3 && units[to - 2] === 0x2e && units[to - 3] === 0x2e;
    if (endsInDots || last === 0x2026) ellipses++;
  }
  return { count, bullets, ellipses };
}

function countStopWords(scan: TextScan, stopWords: readonly Uint16Array[]): number {
  const { compact, compactStart, tokenCount } = scan;
  const isFound = new Uint8Array(stopWords.length);
  let found = 0;
  for (let i = 0; i < tokenCount && found < stopWords.length; i++) {
    const start = compactStart[i] ?? 0;
    const length = (compactStart[i + 1] ?? 0) - start;
    for (let w = 0; w < stopWords.length; w++) {
      const word = stopWords[w];
      if (word === undefined || word.length !== length || isFound[w] === 1) continue;
      let same = 0;
      while (same < length && compact[start + same] === word[same]) same++;
      if (same < length) continue;
      isFound[w] = 1;
      found++;
    }
  }
  return found;
}

function unitsOf(word: string): Uint16Array {
  return Uint16Array.from({ length: word.length }, (_, i) => word.charCodeAt(i));
}
