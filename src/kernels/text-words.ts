import {
  codePointOf,
  flagsOfCodePoint,
  flagsOfUnit,
  isIdeograph,
  isPairAt,
  isSurrogate,
  isWordCharacter,
} from "./text-characters.ts";

/**
 * End of the word or mark that begins at `from`, in a run without white space that ends at `end`.
 *
 * Letters, digits, marks and underscores stay together; an apostrophe, full stop or `@` between two of
 * them does not cut, nor does a comma between digits (`don't`, `3.14`, `example.com`, `1,000`). Any other
 * character is a token, and so is a run of the same one (`...`, `--`). Han, Hiragana and Katakana are cut
 * after every character.
 */
export function nextWordEnd(units: Uint16Array, from: number, end: number): number {
  const first = units[from] ?? 0;
  let to = from + characterLength(units, from, end);
  if (!isWordAt(units, from, end)) {
    if (to === from + 1) while (to < end && units[to] === first) to++;
    return to;
  }
  if (hasFlag(units, from, end, isIdeograph)) return to;
  while (to < end) {
    if (isWordAt(units, to, end)) {
      if (hasFlag(units, to, end, isIdeograph)) return to;
      to += characterLength(units, to, end);
    } else if (isJoinerAt(units, to, end)) {
      to++;
    } else {
      return to;
    }
  }
  return to;
}

function characterLength(units: Uint16Array, at: number, end: number): number {
  return isPairAt(units, at, end) ? 2 : 1;
}

function hasFlag(units: Uint16Array, at: number, end: number, flag: number): boolean {
  const unit = units[at] ?? 0;
  let flags = flagsOfUnit(unit);
  if ((flags & isSurrogate) !== 0 && isPairAt(units, at, end)) {
    flags = flagsOfCodePoint(codePointOf(unit, units[at + 1] ?? 0));
  }
  return (flags & flag) !== 0;
}

function isWordAt(units: Uint16Array, at: number, end: number): boolean {
  return hasFlag(units, at, end, isWordCharacter);
}

/** What stands inside a word when a word character follows; one precedes it already. */
function isJoinerAt(units: Uint16Array, at: number, end: number): boolean {
  if (at + 1 >= end) return false;
  const unit = units[at] ?? 0;
  if (unit === 0x2c) return isDigit(units[at - 1] ?? 0) && isDigit(units[at + 1] ?? 0);
  const canJoin = unit === 0x27 || unit === 0x2019 || unit === 0x2e || unit === 0x40;
  return canJoin && isWordAt(units, at + 1, end);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
