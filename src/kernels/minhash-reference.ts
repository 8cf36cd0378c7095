import { completeSettings, type MinHashSettings, minHashCoefficients } from "./minhash-coefficients.ts";

/** White space as Python's `str.split` knows it, of UTF-8 whose bytes are taken for characters. */
const whiteSpace =
  /[\t-\r\x1c- ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80/g;

/** Hiragana, Katakana and Han in the same way: U+3040-30FF, 3400-4DBF, 4E00-9FFF, F900-FAFF and planes 2 and 3. */
const ideograph =
  /(?:\xe3[\x81-\x83\x90-\xbf]|\xe4[\x80-\xb6\xb8-\xbf]|[\xe5-\xe9][\x80-\xbf]|\xef[\xa4-\xab]|\xf0[\xa0-\xbf][\x80-\xbf])[\x80-\xbf]/g;

const wordMultiplier = 0x9e37_79b9_7f4a_7c15n;
const shingleBase = 0xd6e8_feb8_6659_fd93n;

/**
 * What the compiled kernel computes, in plain TypeScript: the oracle of its tests. `MinHasher` says what a word, a
 * shingle and a signature are.
 */
export function minHashReference(document: Uint8Array, settings: MinHashSettings = {}): Uint32Array {
  const { permutations, shingleWords } = completeSettings(settings);
  const { multipliers, addends } = minHashCoefficients(permutations);
  const shingles = shingleHashes(wordsOf(document).map(hashOfWord), shingleWords);
  return Uint32Array.from({ length: permutations }, (_, index) => {
    let least = 0xffff_ffff;
    for (const shingle of shingles) {
      least = Math.min(least, (Math.imul(shingle, multipliers[index] ?? 0) + (addends[index] ?? 0)) >>> 0);
    }
    return least;
  });
}

/** The words of a document, a character for each of their bytes. */
export function wordsOf(document: Uint8Array): readonly string[] {
  return Buffer.from(document)
    .toString("latin1")
    .replaceAll(whiteSpace, " ")
    .replaceAll(ideograph, " $& ")
    .split(" ")
    .filter((word) => word !== "");
}

/** Eight bytes at a time, the first the lowest; what the last lacks is zero. The length comes first. */
function hashOfWord(word: string): bigint {
  const bytes = Buffer.from(word, "latin1");
  const padded = Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
  let hash = unsigned(BigInt(bytes.length) * wordMultiplier);
  for (let at = 0; at < padded.length; at += 8) {
    hash = unsigned((hash ^ padded.readBigUInt64LE(at)) * wordMultiplier);
    hash ^= hash >> 32n;
  }
  return hash;
}

/** Of every run of `count` words; of all words when there are fewer. */
function shingleHashes(words: readonly bigint[], count: number): readonly number[] {
  const length = Math.min(count, words.length);
  if (length === 0) return [];
  return Array.from({ length: words.length - length + 1 }, (_, start) => {
    const run = words.slice(start, start + length);
    return mixed(run.reduce((sum, word) => unsigned(sum * shingleBase + word), 0n));
  });
}

/** Upper half of MurmurHash3's finaliser of 64 bits. */
function mixed(value: bigint): number {
  const half = unsigned((value ^ (value >> 33n)) * 0xff51_afd7_ed55_8ccdn);
  return Number(unsigned((half ^ (half >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) >> 32n);
}

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
