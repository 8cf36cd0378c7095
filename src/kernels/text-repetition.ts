import { HashSlots } from "./text-hash-slots.ts";
import { hashBase, isBlankLine, type TextScan } from "./text-scan.ts";
import { hashOfTokens } from "./text-token-hash.ts";

/** Elements that occurred before, and their code points. */
export interface Duplicates {
  readonly count: number;
  readonly duplicates: number;
  readonly characters: number;
}

export interface LineDuplicates {
  /** Pieces between runs of "\n", as `re.split("\n+", text)` gives them. */
  readonly lines: Duplicates;
  /** Lines with something else than white space, as FineWeb counts them. */
  readonly filledLines: Duplicates;
}

const slots = new HashSlots();

/** Duplicates among lines, as datatrove's `find_duplicates` counts them. */
export function duplicateLines(scan: TextScan): LineDuplicates {
  const { lineStart, lineEnd, lineCharacters, lineCount, units } = scan;
  slots.clear(lineCount);
  const isSameLine = (a: number, b: number): boolean =>
    rangesEqual(units, lineStart[a] ?? 0, lineEnd[a] ?? 0, lineStart[b] ?? 0, lineEnd[b] ?? 0);
  let count = 0;
  let duplicates = 0;
  let characters = 0;
  let filledCount = 0;
  let filledDuplicates = 0;
  let filledCharacters = 0;
  for (let i = 0; i < lineCount; i++) {
    if (lineStart[i] === lineEnd[i]) continue;
    const isBlank = isBlankLine(scan, i);
    count++;
    if (!isBlank) filledCount++;
    if (slots.firstEqual(hashOfLine(scan, i), i, isSameLine) === i) continue;
    duplicates++;
    characters += lineCharacters[i] ?? 0;
    if (isBlank) continue;
    filledDuplicates++;
    filledCharacters += lineCharacters[i] ?? 0;
  }
  // Splitting at runs of "\n" leaves an empty piece at either end of a text that begins or ends with one.
  const emptyAtStart = lineCount > 1 && lineStart[0] === lineEnd[0] ? 1 : 0;
  const emptyAtEnd = lineCount > 1 && lineStart[lineCount - 1] === lineEnd[lineCount - 1] ? 1 : 0;
  const isEmptyText = scan.unitCount === 0 ? 1 : 0;
  return {
    lines: {
      count: count + emptyAtStart + emptyAtEnd + isEmptyText,
      duplicates: duplicates + (emptyAtStart & emptyAtEnd),
      characters,
    },
    filledLines: { count: filledCount, duplicates: filledDuplicates, characters: filledCharacters },
  };
}

/** Of the tokens and the length: where white space stands is left to the test for equality. */
function hashOfLine(scan: TextScan, i: number): number {
  const start = scan.lineStart[i] ?? 0;
  const end = scan.lineEnd[i] ?? 0;
  let hash = Math.imul(end - start, hashBase);
  if (!isBlankLine(scan, i)) return (hash + hashOfTokens(scan, scan.lineToken[i] ?? 0, scan.lineToken[i + 1] ?? 0)) | 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, hashBase) + (scan.units[at] ?? 0)) | 0;
  return hash;
}

const paragraphStart: number[] = [];
const paragraphEnd: number[] = [];
/** The first token of each paragraph, and the one behind its last. */
const paragraphTokens: number[] = [];
const paragraphTokenEnds: number[] = [];

/** Duplicates among what two or more "\n" separate, white space around the whole text set aside. */
export function duplicateParagraphs(scan: TextScan): Duplicates {
  findParagraphs(scan);
  const { units } = scan;
  const count = paragraphStart.length;
  slots.clear(count);
  const isSame = (a: number, b: number): boolean =>
    rangesEqual(units, paragraphStart[a] ?? 0, paragraphEnd[a] ?? 0, paragraphStart[b] ?? 0, paragraphEnd[b] ?? 0);
  let duplicates = 0;
  let characters = 0;
  for (let i = 0; count > 1 && i < count; i++) {
    const start = paragraphStart[i] ?? 0;
    const end = paragraphEnd[i] ?? 0;
    const hash = hashOfTokens(scan, paragraphTokens[i] ?? 0, paragraphTokenEnds[i] ?? 0);
    if (slots.firstEqual(hash, i, isSame) === i) continue;
    duplicates++;
    characters += codePointsIn(units, start, end);
  }
  return { count, duplicates, characters };
}

function findParagraphs(scan: TextScan): void {
  const { lineStart, lineEnd, lineToken, lineCount, contentStart, contentEnd } = scan;
  for (const list of [paragraphStart, paragraphEnd, paragraphTokens, paragraphTokenEnds]) list.length = 0;
  let isOpen = false;
  for (let i = 0; i < lineCount; i++) {
    const start = Math.max(lineStart[i] ?? 0, contentStart);
    const end = Math.min(lineEnd[i] ?? 0, contentEnd);
    if (start >= end) {
      isOpen = false;
      continue;
    }
    if (!isOpen) {
      paragraphStart.push(start);
      paragraphTokens.push(lineToken[i] ?? 0);
    }
    const last = paragraphStart.length - 1;
    paragraphEnd[last] = end;
    paragraphTokenEnds[last] = lineToken[i + 1] ?? 0;
    isOpen = true;
  }
  if (paragraphStart.length > 0) return;
  paragraphStart.push(contentStart);
  paragraphEnd.push(contentStart);
}

function codePointsIn(units: Uint16Array, start: number, end: number): number {
  let count = end - start;
  for (let i = start + 1; i < end; i++) {
    if (((units[i] ?? 0) & 0xfc00) === 0xdc00 && ((units[i - 1] ?? 0) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

export function rangesEqual(units: Uint16Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  const length = aEnd - a;
  if (length !== bEnd - b) return false;
  for (let i = 0; i < length; i++) if (units[a + i] !== units[b + i]) return false;
  return true;
}
