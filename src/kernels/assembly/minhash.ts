// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../minhash-reference.ts. Callers lay memory out: see ../minhash.ts.

const WORD_MULTIPLIER: u64 = 0x9e3779b97f4a7c15;
const SHINGLE_BASE: u64 = 0xd6e8feb86659fd93;
const MIX_FIRST: u64 = 0xff51afd7ed558ccd;
const MIX_SECOND: u64 = 0xc4ceb9fe1a85ec53;

// Words between two looks at the signature: their shingles stay in the nearest cache.
const BLOCK: usize = 1024;

// Words that the last call of hashWords wrote.
let written: usize = 0;

/**
 * The MinHash signature of `bytes` bytes of UTF-8 at `document`, of `groups` times sixteen permutations.
 * `coefficients` holds the multipliers of all permutations, then their addends. `words` has room for
 * BLOCK + shingleWords hashes of eight bytes, `shingles` for as many of four. Reads up to 16 bytes past the document.
 */
export function minhash(
  document: usize,
  bytes: usize,
  shingleWords: usize,
  groups: usize,
  coefficients: usize,
  signature: usize,
  words: usize,
  shingles: usize,
): void {
  memory.fill(signature, 0xff, groups << 6);
  const end: usize = document + bytes;
  let at: usize = document;
  let held: usize = 0;
  let isFirst: bool = true;
  while (at < end) {
    at = hashWords(at, end, words + (held << 3));
    held += written;
    if (held < shingleWords) continue;
    improve(signature, groups, coefficients, shingles, hashShingles(words, held, shingleWords, shingles));
    memory.copy(words, words + ((held - shingleWords + 1) << 3), (shingleWords - 1) << 3);
    held = shingleWords - 1;
    isFirst = false;
  }
  if (isFirst && held > 0)
    improve(signature, groups, coefficients, shingles, hashShingles(words, held, held, shingles));
}

/**
 * Hashes words from `from`, which is where a word or white space begins, to `end` or until BLOCK or one more are
 * written. Says where it stopped.
 */
function hashWords(from: usize, end: usize, target: usize): usize {
  const full: usize = target + ((BLOCK - 1) << 3);
  let out: usize = target;
  let start: usize = from;
  for (let block: usize = from; block < end; block += 16) {
    let marks: i32 = possibleEnds(v128.load(block));
    while (marks != 0) {
      const at: usize = block + <usize>ctz(marks);
      marks &= marks - 1;
      if (at >= end) break;
      const found: i32 = load<u8>(at) < 0x80 ? 1 : spaceOrIdeograph(at, end);
      if (found == 0) continue;
      if (at > start) {
        store<u64>(out, hashWord(start, at));
        out += 8;
      }
      start = at + <usize>abs(found);
      if (found < 0) {
        store<u64>(out, hashWord(at, start));
        out += 8;
      }
      if (out >= full) {
        written = (out - target) >> 3;
        return start;
      }
    }
  }
  if (start < end) {
    store<u64>(out, hashWord(start, end));
    out += 8;
  }
  written = (out - target) >> 3;
  return end;
}

// A bit for each byte that is ASCII white space or may begin other white space or an ideograph. Continuation bytes are
// never among them, nor are the leading bytes of Latin, Greek, Cyrillic, Hebrew, Arabic and the scripts of India.
function possibleEnds(bytes: v128): i32 {
  const controls: v128 = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x09)), i8x16.splat(5));
  const spaces: v128 = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x1c)), i8x16.splat(5));
  const twos: v128 = i8x16.eq(bytes, i8x16.splat(<i8>0xc2));
  const threes: v128 = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(<i8>0xe1)), i8x16.splat(0x10));
  return i8x16.bitmask(v128.or(v128.or(controls, spaces), v128.or(twos, threes)));
}

// Length of the white space at a byte above 0x7f, minus the length of the ideograph there, or 0.
function spaceOrIdeograph(at: usize, end: usize): i32 {
  const left: usize = end - at;
  const lead: u32 = load<u8>(at);
  const second: u32 = load<u8>(at, 1);
  if (lead == 0xc2) return left >= 2 && (second == 0x85 || second == 0xa0) ? 2 : 0;
  const third: u32 = load<u8>(at, 2);
  if (left < 3 || (second & 0xc0) != 0x80 || (third & 0xc0) != 0x80) return 0;
  if (lead == 0xf0) return left >= 4 && second >= 0xa0 && (load<u8>(at, 3) & 0xc0) == 0x80 ? -4 : 0;
  const pair: u32 = (lead << 8) | second;
  if (pair == 0xe19a) return third == 0x80 ? 3 : 0;
  if (pair == 0xe280) return third <= 0x8a || third == 0xa8 || third == 0xa9 || third == 0xaf ? 3 : 0;
  if (pair == 0xe281) return third == 0x9f ? 3 : 0;
  if (pair == 0xe380) return third == 0x80 ? 3 : 0;
  return isIdeographs(pair) ? -3 : 0;
}

// Whether characters whose first two bytes these are belong to Hiragana, Katakana or Han.
function isIdeographs(pair: u32): bool {
  return (
    pair - 0xe381 <= 0xe383 - 0xe381 ||
    pair - 0xe390 <= 0xe4b6 - 0xe390 ||
    pair - 0xe4b8 <= 0xe9bf - 0xe4b8 ||
    pair - 0xefa4 <= 0xefab - 0xefa4
  );
}

function hashWord(from: usize, to: usize): u64 {
  let hash: u64 = <u64>(to - from) * WORD_MULTIPLIER;
  let at: usize = from;
  for (; at + 8 < to; at += 8) hash = stirred(hash ^ load<u64>(at));
  return stirred(hash ^ (load<u64>(at) & (~(<u64>0) >> (64 - ((<u64>(to - at)) << 3)))));
}

function stirred(value: u64): u64 {
  const product: u64 = value * WORD_MULTIPLIER;
  return product ^ (product >> 32);
}

// Writes a hash for each run of `shingleWords` words, of which there is one at least; says how many.
function hashShingles(words: usize, count: usize, shingleWords: usize, target: usize): usize {
  let power: u64 = 1;
  let sum: u64 = 0;
  for (let word: usize = 0; word < shingleWords; word++) {
    power *= SHINGLE_BASE;
    sum = sum * SHINGLE_BASE + load<u64>(words + (word << 3));
  }
  store<u32>(target, mixed(sum));
  const made: usize = count - shingleWords + 1;
  let first: usize = words;
  let next: usize = words + (shingleWords << 3);
  for (let shingle: usize = 1; shingle < made; shingle++) {
    sum = sum * SHINGLE_BASE + load<u64>(next) - load<u64>(first) * power;
    store<u32>(target + (shingle << 2), mixed(sum));
    first += 8;
    next += 8;
  }
  return made;
}

// Finaliser of MurmurHash3, cut to its upper half.
function mixed(value: u64): u32 {
  let hash: u64 = (value ^ (value >> 33)) * MIX_FIRST;
  hash = (hash ^ (hash >> 33)) * MIX_SECOND;
  return <u32>(hash >> 32);
}

// Sixteen permutations over all shingles at once: their coefficients and least values stay in registers.
function improve(signature: usize, groups: usize, coefficients: usize, shingles: usize, count: usize): void {
  const end: usize = shingles + (count << 2);
  const addends: usize = coefficients + (groups << 6);
  for (let at: usize = 0; at < groups << 6; at += 64) {
    const multiplier0: v128 = v128.load(coefficients + at);
    const multiplier1: v128 = v128.load(coefficients + at, 16);
    const multiplier2: v128 = v128.load(coefficients + at, 32);
    const multiplier3: v128 = v128.load(coefficients + at, 48);
    const addend0: v128 = v128.load(addends + at);
    const addend1: v128 = v128.load(addends + at, 16);
    const addend2: v128 = v128.load(addends + at, 32);
    const addend3: v128 = v128.load(addends + at, 48);
    let least0: v128 = v128.load(signature + at);
    let least1: v128 = v128.load(signature + at, 16);
    let least2: v128 = v128.load(signature + at, 32);
    let least3: v128 = v128.load(signature + at, 48);
    for (let shingle: usize = shingles; shingle < end; shingle += 4) {
      const hash: v128 = v128.load32_splat(shingle);
      least0 = i32x4.min_u(least0, i32x4.add(i32x4.mul(hash, multiplier0), addend0));
      least1 = i32x4.min_u(least1, i32x4.add(i32x4.mul(hash, multiplier1), addend1));
      least2 = i32x4.min_u(least2, i32x4.add(i32x4.mul(hash, multiplier2), addend2));
      least3 = i32x4.min_u(least3, i32x4.add(i32x4.mul(hash, multiplier3), addend3));
    }
    v128.store(signature + at, least0);
    v128.store(signature + at, least1, 16);
    v128.store(signature + at, least2, 32);
    v128.store(signature + at, least3, 48);
  }
}
