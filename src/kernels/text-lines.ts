import { flagsOfUnit, isLineBreak, isSpace } from "./text-characters.ts";
import type { TextScan } from "./text-scan.ts";

/** Lines as Python's `str.splitlines` gives them. The arrays belong to the kernel: read them before the next call. */
export interface BrokenLines {
  readonly count: number;
  readonly start: Int32Array;
  readonly end: Int32Array;
}

let starts = new Int32Array(256);
let ends = new Int32Array(256);

export function breakLines(scan: TextScan): BrokenLines {
  if (!scan.hasOtherLineBreaks) {
    const last = scan.lineCount - 1;
    const endsEmpty = scan.lineStart[last] === scan.lineEnd[last];
    return { count: endsEmpty ? last : scan.lineCount, start: scan.lineStart, end: scan.lineEnd };
  }
  const { units, unitCount } = scan;
  let count = 0;
  let start = 0;
  for (let i = 0; i < unitCount; i++) {
    const unit = units[i] ?? 0;
    if ((flagsOfUnit(unit) & isLineBreak) === 0) continue;
    reserve(count);
    starts[count] = start;
    ends[count++] = i;
    if (unit === 13 && i + 1 < unitCount && units[i + 1] === 10) i++;
    start = i + 1;
  }
  if (start < unitCount) {
    reserve(count);
    starts[count] = start;
    ends[count++] = unitCount;
  }
  return { count, start: starts, end: ends };
}

function reserve(count: number): void {
  if (count < starts.length) return;
  const largerStarts = new Int32Array(2 * count);
  largerStarts.set(starts);
  starts = largerStarts;
  const largerEnds = new Int32Array(2 * count);
  largerEnds.set(ends);
  ends = largerEnds;
}

/** First unit of `units[start .. end)` that is no white space, `end` when there is none. */
export function skipSpace(units: Uint16Array, start: number, end: number): number {
  let at = start;
  while (at < end && (flagsOfUnit(units[at] ?? 0) & isSpace) !== 0) at++;
  return at;
}

/** End of `units[start .. end)` without white space at its end, `start` when there is nothing else. */
export function skipSpaceBack(units: Uint16Array, start: number, end: number): number {
  let at = end;
  while (at > start && (flagsOfUnit(units[at - 1] ?? 0) & isSpace) !== 0) at--;
  return at;
}

/** How often `piece` occurs in `text`, without overlap. */
export function countOccurrences(text: string, piece: string): number {
  let count = 0;
  for (let at = text.indexOf(piece); at >= 0; at = text.indexOf(piece, at + piece.length)) count++;
  return count;
}

/** `str.strip()` of Python. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (flagsOfUnit(text.charCodeAt(start)) & isSpace) !== 0) start++;
  while (end > start && (flagsOfUnit(text.charCodeAt(end - 1)) & isSpace) !== 0) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
