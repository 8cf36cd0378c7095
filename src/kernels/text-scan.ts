import {
  codePointOf,
  flagsOfCodePoint,
  flagsOfUnit,
  isIdeograph,
  isLineBreak,
  isPairAt,
  isSpace,
  isSurrogate,
  isWordCharacter,
} from "./text-characters.ts";
import { nextWordEnd } from "./text-words.ts";

/**
 * How text is cut into tokens.
 * `whitespace`: as Python's `str.split()` does. `words`: the same, then every run between white space is
 * cut by `nextWordEnd` into words and punctuation.
 */
export type Tokens = "whitespace" | "words";

/** Odd, so that multiplying by it loses nothing modulo 2^32. */
export const hashBase = 0x01000193;

/**
 * What one pass over a text found. Offsets count UTF-16 code units, lengths called "characters" count
 * code points, as Python does. The arrays are longer than what they hold, belong to the scanner and are
 * overwritten by the next scan with the same tokens: read them before anything else is scanned.
 */
export interface TextScan {
  readonly text: string;
  readonly units: Uint16Array;
  readonly unitCount: number;
  readonly characterCount: number;

  /** Code units of all tokens, nothing between them; token i is `compact[compactStart[i] .. compactStart[i + 1])`. */
  readonly compact: Uint16Array;
  readonly tokenCount: number;
  /** Has `tokenCount + 1` entries. */
  readonly compactStart: Int32Array;
  /** Code points of the tokens before token i; has `tokenCount + 1` entries. */
  readonly characterStart: Int32Array;
  /** Polynomial hash of `compact[0 .. compactStart[i])` modulo 2^32; has `tokenCount + 1` entries. */
  readonly prefixHash: Int32Array;
  /** Class flags of all characters of token i, or-ed. */
  readonly tokenFlags: Uint16Array;
  /** Where the first token begins and the last one ends in `units`: the text without white space around it. */
  readonly contentStart: number;
  readonly contentEnd: number;

  /** Number of pieces that `split("\n")` gives. */
  readonly lineCount: number;
  readonly lineStart: Int32Array;
  readonly lineEnd: Int32Array;
  /** The first token of line i; has `lineCount + 1` entries. Line i is blank when it has none. */
  readonly lineToken: Int32Array;
  /** Code points of line i. */
  readonly lineCharacters: Int32Array;
  /** True when `str.splitlines` would break lines at something else than "\n" too. */
  readonly hasOtherLineBreaks: boolean;
}

/** Buffers above this many entries are let go once a small text comes by. */
const largeCapacity = 1 << 22;

const emptyInts = new Int32Array(0);

class Scanner implements TextScan {
  text = "";
  units: Uint16Array = new Uint16Array(0);
  unitCount = 0;
  characterCount = 0;
  compact = new Uint16Array(0);
  tokenCount = 0;
  compactStart = new Int32Array(1);
  characterStart = new Int32Array(1);
  prefixHash = new Int32Array(1);
  tokenFlags = new Uint16Array(0);
  contentStart = 0;
  contentEnd = 0;
  lineCount = 1;
  lineStart = new Int32Array(64);
  lineEnd = new Int32Array(64);
  lineToken = new Int32Array(64);
  lineCharacters = new Int32Array(64);
  hasOtherLineBreaks = false;

  /** Surrogate pairs so far, and where the line began. */
  private pairs = 0;
  private linePairs = 0;
  /** What the arrays describe; undefined while they are being filled, so that a scan that failed is not taken for one. */
  private scanned: string | undefined;
  private bytes: Buffer = Buffer.alloc(0);
  private readonly tokens: Tokens;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
    this.scan("");
  }

  scan(text: string): void {
    if (this.scanned === text) return;
    this.scanned = undefined;
    this.text = text;
    this.reserveUnits(text.length);
    this.bytes.write(text, "utf16le");
    this.unitCount = text.length;
    this.tokenCount = 0;
    this.contentStart = 0;
    this.contentEnd = 0;
    this.lineCount = 0;
    this.hasOtherLineBreaks = false;
    this.pairs = 0;
    this.scanUnits();
    this.scanned = text;
  }

  /** The hot loop: one look at every unit, everything in locals. What is rare is left to methods. */
  private scanUnits(): void {
    const { units, unitCount, compact } = this;
    const keepsRuns = this.tokens === "whitespace";
    let { compactStart, characterStart, prefixHash, tokenFlags } = this;
    let at = 0;
    let runStart = 0;
    let hash = 0;
    let anyFlags = 0;
    let allFlags = -1;
    this.beginLine(0, 0);
    for (let i = 0; i <= unitCount; i++) {
      // Behind the text stands a white space that belongs to nothing: it ends the last run.
      const unit = i < unitCount ? (units[i] ?? 0) : 0x20;
      let flags = flagsOfUnit(unit);
      if ((flags & isSpace) === 0) {
        if ((flags & isSurrogate) !== 0 && isPairAt(units, i, unitCount)) {
          compact[at++] = unit;
          hash = (Math.imul(hash, hashBase) + unit) | 0;
          const low = units[++i] ?? 0;
          compact[at++] = low;
          hash = (Math.imul(hash, hashBase) + low) | 0;
          flags = flagsOfCodePoint(codePointOf(unit, low));
          this.pairs++;
        } else {
          compact[at++] = unit;
          hash = (Math.imul(hash, hashBase) + unit) | 0;
        }
        anyFlags |= flags;
        allFlags &= flags;
        continue;
      }
      if (at > runStart) {
        if (this.tokenCount + 1 >= compactStart.length) {
          this.reserveTokens(2 * (this.tokenCount + 2));
          ({ compactStart, characterStart, prefixHash, tokenFlags } = this);
        }
        if (keepsRuns || ((allFlags & isWordCharacter) !== 0 && (anyFlags & isIdeograph) === 0)) {
          const index = this.tokenCount++;
          tokenFlags[index] = anyFlags;
          compactStart[index + 1] = at;
          characterStart[index + 1] = at - this.pairs;
          prefixHash[index + 1] = hash;
        } else {
          hash = this.cutRun(i - (at - runStart), i);
          ({ compactStart, characterStart, prefixHash, tokenFlags } = this);
        }
        if (runStart === 0) this.contentStart = i - at;
        this.contentEnd = i;
        runStart = at;
        anyFlags = 0;
        allFlags = -1;
      }
      if (unit === 10) this.endLine(i);
      else if ((flags & isLineBreak) !== 0) this.hasOtherLineBreaks = true;
    }
    this.endLine(unitCount);
    this.characterCount = unitCount - this.pairs;
  }

  /** Makes tokens of a run that holds more than one word. Answers with the hash to go on with. */
  private cutRun(start: number, end: number): number {
    for (let from = start; from < end; ) from = this.addWord(from, nextWordEnd(this.units, from, end));
    return this.prefixHash[this.tokenCount] ?? 0;
  }

  /** Makes a token of a piece of a run; answers with its end. */
  private addWord(start: number, end: number): number {
    const { units, tokenCount } = this;
    let hash = this.prefixHash[tokenCount] ?? 0;
    let characters = this.characterStart[tokenCount] ?? 0;
    let flags = 0;
    for (let i = start; i < end; i++) {
      const unit = units[i] ?? 0;
      let unitFlags = flagsOfUnit(unit);
      hash = (Math.imul(hash, hashBase) + unit) | 0;
      characters++;
      if ((unitFlags & isSurrogate) !== 0 && isPairAt(units, i, end)) {
        const low = units[++i] ?? 0;
        hash = (Math.imul(hash, hashBase) + low) | 0;
        unitFlags = flagsOfCodePoint(codePointOf(unit, low));
      }
      flags |= unitFlags;
    }
    this.endToken((this.compactStart[tokenCount] ?? 0) + end - start, characters, hash, flags);
    return end;
  }

  private endToken(at: number, characters: number, hash: number, flags: number): void {
    const index = this.tokenCount++;
    if (index + 1 >= this.compactStart.length) this.reserveTokens(2 * (index + 2));
    this.compactStart[index + 1] = at;
    this.characterStart[index + 1] = characters;
    this.prefixHash[index + 1] = hash;
    this.tokenFlags[index] = flags;
  }

  private beginLine(start: number, index: number): void {
    if (index + 1 >= this.lineStart.length) this.reserveLines(2 * (index + 2));
    this.lineStart[index] = start;
    this.lineToken[index] = this.tokenCount;
    this.linePairs = this.pairs;
  }

  /** Ends a line and begins the next one. */
  private endLine(end: number): void {
    const index = this.lineCount++;
    this.lineEnd[index] = end;
    this.lineCharacters[index] = end - (this.lineStart[index] ?? 0) - (this.pairs - this.linePairs);
    this.beginLine(end + 1, index + 1);
  }

  private reserveUnits(count: number): void {
    const capacity = this.units.length;
    const isWasteful = capacity > largeCapacity && count < largeCapacity;
    if (count <= capacity && !isWasteful) return;
    const reserved = Math.max(1 << 16, count + (count >> 1));
    this.bytes = Buffer.alloc(reserved * 2);
    this.units = new Uint16Array(this.bytes.buffer, this.bytes.byteOffset, reserved);
    this.compact = new Uint16Array(reserved);
    if (!isWasteful) return;
    this.compactStart = new Int32Array(1);
    this.characterStart = new Int32Array(1);
    this.prefixHash = new Int32Array(1);
    this.tokenFlags = new Uint16Array(1);
    this.lineStart = emptyInts;
    this.lineEnd = emptyInts;
    this.lineToken = emptyInts;
    this.lineCharacters = emptyInts;
  }

  private reserveTokens(count: number): void {
    this.compactStart = grown(this.compactStart, count);
    this.characterStart = grown(this.characterStart, count);
    this.prefixHash = grown(this.prefixHash, count);
    const flags = new Uint16Array(count);
    flags.set(this.tokenFlags);
    this.tokenFlags = flags;
  }

  private reserveLines(count: number): void {
    this.lineStart = grown(this.lineStart, count);
    this.lineEnd = grown(this.lineEnd, count);
    this.lineToken = grown(this.lineToken, count);
    this.lineCharacters = grown(this.lineCharacters, count);
  }
}

const scanners: { [tokens in Tokens]?: Scanner } = {};

/**
 * Scans a text, in one pass. Steps that follow one another on the same text share the scan: the last
 * one is kept. Time and memory grow linearly with the text.
 */
export function scanText(text: string, tokens: Tokens): TextScan {
  let scanner = scanners[tokens];
  if (scanner === undefined) {
    scanner = new Scanner(tokens);
    scanners[tokens] = scanner;
  }
  scanner.scan(text);
  return scanner;
}

/** True when line i holds nothing but white space. */
export function isBlankLine(scan: TextScan, i: number): boolean {
  return scan.lineToken[i] === scan.lineToken[i + 1];
}

function grown(array: Int32Array<ArrayBuffer>, count: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(count);
  larger.set(array);
  return larger;
}
