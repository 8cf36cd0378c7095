/**
 * Character classes as Python and datatrove 0.10.1 (`datatrove.utils.text`) know them, a set of flags a
 * character, filled in as characters occur.
 */

/** Set in every entry that is filled in. */
const known = 1;
/** `str.isspace`. */
export const isSpace = 2;
/** A line ends here for `str.splitlines`. */
export const isLineBreak = 4;
/** `str.isalpha`. */
export const isLetter = 8;
export const isUppercase = 16;
/** Neither punctuation nor a control character of datatrove's `PUNCTUATION_SET`. */
export const isNotPunctuation = 32;
/** One of datatrove's `TERMINAL_PUNCTUATION`. */
export const isTerminal = 64;
/** Letter, digit, mark or underscore: what a word is made of. */
export const isWordCharacter = 128;
/** A code unit that is half of a character: `flagsOfCodePoint` knows the whole. */
export const isSurrogate = 256;
/** Han, Hiragana or Katakana: scripts that put no space between words. */
export const isIdeograph = 512;

const terminalPunctuation = codePoints(`
  21 2e 3f 589 61d 61e 61f 6d4 700 701 702 7f9 837 839 83d 83e 964 965 104a 104b 1362 1367 1368 166e 1735 1736
  17d4 17d5 17d6 17d9 17da 1803 1809 1944 1945 1aa8 1aa9 1aaa 1aab 1b5a 1b5b 1b5e 1b5f 1b7d 1b7e 1c3b 1c3c 1c7e
  1c7f 203c 203d 2047 2048 2049 2e2e 2e3c 2e53 2e54 3002 a4ff a60e a60f a6f3 a6f7 a876 a877 a8ce a8cf a92f a9c8
  a9c9 aa5d aa5e aa5f aaf0 aaf1 abeb fe52 fe56 fe57 ff01 ff0e ff1f ff61 10a56 10a57 10f55 10f56 10f57 10f58 10f59
  10f86 10f87 10f88 10f89 11047 11048 110be 110bf 110c0 110c1 11141 11142 11143 111c5 111c6 111cd 111de 111df
  11238 11239 1123b 1123c 112a9 1144b 1144c 115c2 115c3 115c9 115ca 115cb 115cc 115cd 115ce 115cf 115d0 115d1
  115d2 115d3 115d4 115d5 115d6 115d7 11641 11642 1173c 1173d 1173e 11944 11946 11a42 11a43 11a9b 11a9c 11c41
  11c42 11ef7 11ef8 11f43 11f44 16a6e 16a6f 16af5 16b37 16b38 16b44 16e98 1bc9f 1da88`);

/** What `PUNCTUATION_SET` holds beyond ASCII, control characters and the terminal ones. */
const otherPunctuation = codePoints(`
  ab b4 bb 2013 2014 2019 201c 201d 201e 2026 2236 2501 25ba 3001 3008 3009 300a 300b 300c 300d 3010 3011 ff05
  ff08 ff09 ff0c ff11 ff1a ff1b ff5e`);

const table = new Uint16Array(0x10000);
const astral = new Map<number, number>();
const letter = /\p{L}/u;
const wordCharacter = /[\p{L}\p{N}\p{M}_]/u;
const uppercase = /\p{Lu}/u;

/** Flags of a code unit; surrogates are what `flagsOfCodePoint` is for. */
export function flagsOfUnit(unit: number): number {
  const flags = table[unit];
  return flags === undefined || flags === 0 ? classifyUnit(unit) : flags;
}

/** Flags of a code point above 0xffff. */
export function flagsOfCodePoint(codePoint: number): number {
  let flags = astral.get(codePoint);
  if (flags === undefined) {
    flags = classify(codePoint);
    astral.set(codePoint, flags);
  }
  return flags;
}

/** True when the unit at `i` begins a surrogate pair that ends before `end`. */
export function isPairAt(units: Uint16Array, i: number, end: number): boolean {
  return ((units[i] ?? 0) & 0xfc00) === 0xd800 && i + 1 < end && ((units[i + 1] ?? 0) & 0xfc00) === 0xdc00;
}

export function codePointOf(high: number, low: number): number {
  return ((high - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
}

function classifyUnit(unit: number): number {
  const flags = classify(unit);
  table[unit] = flags;
  return flags;
}

function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  let flags = known;
  if (isPythonSpace(codePoint)) flags |= isSpace;
  if (isPythonLineBreak(codePoint)) flags |= isLineBreak;
  if (letter.test(character)) flags |= isLetter;
  if (uppercase.test(character)) flags |= isUppercase;
  if (wordCharacter.test(character)) flags |= isWordCharacter;
  if (terminalPunctuation.has(codePoint)) flags |= isTerminal;
  if (!isPunctuation(codePoint)) flags |= isNotPunctuation;
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) flags |= isSurrogate;
  if (isInIdeographBlock(codePoint)) flags |= isIdeograph;
  return flags;
}

function isInIdeographBlock(c: number): boolean {
  return (
    (c >= 0x3040 && c <= 0x30ff) ||
    (c >= 0x3400 && c <= 0x4dbf) ||
    (c >= 0x4e00 && c <= 0x9fff) ||
    (c >= 0xf900 && c <= 0xfaff) ||
    (c >= 0x20000 && c <= 0x323af)
  );
}

function isPythonSpace(c: number): boolean {
  if (c <= 0x20) return c === 0x20 || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
  if (c < 0x2000) return c === 0x85 || c === 0xa0 || c === 0x1680;
  return c <= 0x200a || c === 0x2028 || c === 0x2029 || c === 0x202f || c === 0x205f || c === 0x3000;
}

function isPythonLineBreak(c: number): boolean {
  return (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c === 0x85 || c === 0x2028 || c === 0x2029;
}

function isPunctuation(c: number): boolean {
  if (c < 0x80) {
    if (c < 0x20 || c === 0x7f) return c !== 0x09 && c !== 0x0a;
    const isAlphanumeric = (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
    return c !== 0x20 && !isAlphanumeric;
  }
  return c < 0xa0 || otherPunctuation.has(c) || terminalPunctuation.has(c);
}

function codePoints(list: string): ReadonlySet<number> {
  return new Set(
    list
      .trim()
      .split(/\s+/)
      .map((hex) => Number.parseInt(hex, 16)),
  );
}
