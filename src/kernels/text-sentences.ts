import {
  codePointOf,
  flagsOfCodePoint,
  flagsOfUnit,
  isPairAt,
  isSpace,
  isTerminal,
  isUppercase,
} from "./text-characters.ts";
import { skipSpaceBack } from "./text-lines.ts";
import type { Tokens } from "./text-scan.ts";

/**
 * Number of sentences in `units[start .. end)`, at least 1.
 *
 * With `whitespace` it is what the WhitespaceTokenizer of datatrove 0.10.1 counts: a sentence ends
 * behind a run of terminal punctuation or "\n", and a full stop behind a capital ends none unless nothing
 * else does. With `words` a run of terminal punctuation ends a sentence only where white space or the
 * end follows, so `3.14` and `example.com` end none, and
 * what is left at the end is a sentence too.
 */
export function countSentences(units: Uint16Array, start: number, end: number, tokens: Tokens): number {
  let count = 0;
  for (let from = start; from < end; ) {
    const to = sentenceEnd(units, from, end, tokens);
    if (to < 0) break;
    if (!isBlank(units, from, to)) count++;
    from = to;
  }
  return Math.max(1, count);
}

/**
 * Ends of the sentences in `units[start .. end)`, ascending; the last one is `end`. A sentence begins where
 * the one before it ends, so white space between two belongs to the latter.
 */
export function sentenceEnds(units: Uint16Array, start: number, end: number, tokens: Tokens): readonly number[] {
  const ends: number[] = [];
  for (let from = start; from < end; ) {
    const to = sentenceEnd(units, from, end, tokens);
    if (to < 0) break;
    if (!isBlank(units, from, to)) ends.push(skipSpaceBack(units, from, to));
    from = to;
  }
  if (ends.length === 0) return [end];
  ends[ends.length - 1] = end;
  return ends;
}

/** End of the first sentence at or behind `from`, -1 when nothing ends one. */
function sentenceEnd(units: Uint16Array, from: number, end: number, tokens: Tokens): number {
  let begin = from;
  while (begin < end && units[begin] === 10) begin++;
  let lastInitial = -1;
  for (let i = begin; i < end; ) {
    const flags = flagsAt(units, i, end);
    if (i > begin && isEnding(flags, units[i] ?? 0)) {
      const to = endOfRun(units, i, end);
      if (tokens === "whitespace" || endsSentence(units, to, end)) return to;
      i = to;
      continue;
    }
    const next = i + (isPairAt(units, i, end) ? 2 : 1);
    const isInitial = (flags & isUppercase) !== 0 && next < end && units[next] === 0x2e;
    if (isInitial) lastInitial = next;
    i = isInitial ? next + 1 : next;
  }
  if (tokens === "words") return begin < end ? end : -1;
  return lastInitial < 0 ? -1 : endOfRun(units, lastInitial, end);
}

function isEnding(flags: number, unit: number): boolean {
  return (flags & isTerminal) !== 0 || unit === 10;
}

/** Behind a run of terminal punctuation and the quotation mark that may follow it. */
function endOfRun(units: Uint16Array, from: number, end: number): number {
  let to = from;
  while (to < end && isEnding(flagsAt(units, to, end), units[to] ?? 0)) to += isPairAt(units, to, end) ? 2 : 1;
  const unit = units[to] ?? 0;
  const isQuote = to < end && (unit === 0x22 || unit === 0x27 || unit === 0x201d);
  return isQuote ? to + 1 : to;
}

function endsSentence(units: Uint16Array, to: number, end: number): boolean {
  if (to >= end || units[to - 1] === 10) return true;
  const last = units[to - 1] ?? 0;
  // Ideographic and full-width stops need no space behind them.
  return last >= 0x3000 || (flagsAt(units, to, end) & isSpace) !== 0;
}

function isBlank(units: Uint16Array, start: number, end: number): boolean {
  return skipSpaceBack(units, start, end) === start;
}

function flagsAt(units: Uint16Array, at: number, end: number): number {
  const unit = units[at] ?? 0;
  return isPairAt(units, at, end) ? flagsOfCodePoint(codePointOf(unit, units[at + 1] ?? 0)) : flagsOfUnit(unit);
}
