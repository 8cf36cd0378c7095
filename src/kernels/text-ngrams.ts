import { HashSlots } from "./text-hash-slots.ts";
import { rangesEqual } from "./text-repetition.ts";
import type { TextScan } from "./text-scan.ts";
import { hashOfTokens } from "./text-token-hash.ts";

const slots = new HashSlots();
let ids = new Int32Array(0);
let nextIds = new Int32Array(0);
/** How often the n-gram that begins at an index occurs, where that is its first occurrence. */
let counts = new Int32Array(0);
let shorterCounts = new Int32Array(0);
let wordIds = new Int32Array(0);

/**
 * For each n from 2 to `longest`, at index n: code points of the most frequent n-gram, its words joined
 * by one space, times how often it occurs; of several as frequent the one that begins first counts.
 * 0 when there are fewer than n words. Equals `find_top_duplicate` of datatrove 0.10.1.
 */
export function topNGramCharacters(scan: TextScan, longest: number): readonly number[] {
  const tokenCount = scan.tokenCount;
  reserve(tokenCount);
  identifyWords(scan);
  ids.set(wordIds.subarray(0, tokenCount));
  const result = [0, 0];
  for (let n = 2; n <= longest; n++) {
    const gramCount = tokenCount - n + 1;
    if (gramCount <= 0) {
      result.push(0);
      continue;
    }
    identifyNGrams(gramCount, n);
    let top = 0;
    for (let i = 1; i < gramCount; i++) if ((counts[i] ?? 0) > (counts[top] ?? 0)) top = i;
    const { characterStart } = scan;
    const characters = (characterStart[top + n] ?? 0) - (characterStart[top] ?? 0) + n - 1;
    result.push(characters * (counts[top] ?? 0));
  }
  return result;
}

/** Gives every word the index of its first occurrence, and counts it there. */
function identifyWords(scan: TextScan): void {
  const { compactStart, compact, tokenCount } = scan;
  slots.clear(tokenCount);
  counts.fill(0, 0, tokenCount);
  const isSameWord = (a: number, b: number): boolean =>
    rangesEqual(
      compact,
      compactStart[a] ?? 0,
      compactStart[a + 1] ?? 0,
      compactStart[b] ?? 0,
      compactStart[b + 1] ?? 0,
    );
  for (let i = 0; i < tokenCount; i++) {
    const first = slots.firstEqual(hashOfTokens(scan, i, i + 1), i, isSameWord);
    wordIds[i] = first;
    counts[first] = (counts[first] ?? 0) + 1;
  }
}

/**
 * Replaces the ids of (n-1)-grams by those of n-grams, the index of the first occurrence, and counts them there.
 * An n-gram that begins with an (n-1)-gram that occurs once occurs once: most need no look-up.
 */
function identifyNGrams(gramCount: number, n: number): void {
  slots.clear(gramCount);
  [counts, shorterCounts] = [shorterCounts, counts];
  counts.fill(0, 0, gramCount);
  const isSameGram = (a: number, b: number): boolean => ids[a] === ids[b] && wordIds[a + n - 1] === wordIds[b + n - 1];
  for (let i = 0; i < gramCount; i++) {
    if (shorterCounts[ids[i] ?? 0] === 1) {
      nextIds[i] = i;
      counts[i] = 1;
      continue;
    }
    const hash = (Math.imul(ids[i] ?? 0, 0x9e3779b1) + (wordIds[i + n - 1] ?? 0)) | 0;
    const first = slots.firstEqual(hash, i, isSameGram);
    nextIds[i] = first;
    counts[first] = (counts[first] ?? 0) + 1;
  }
  [ids, nextIds] = [nextIds, ids];
}

/**
 * Code points in n-grams that occurred before, without overlap: behind a duplicate the search goes on
 * after its last word. Two n-grams are equal when their words joined by nothing are.
 * Equals `find_all_duplicate` of datatrove 0.10.1.
 */
export function duplicateNGramCharacters(scan: TextScan, n: number): number {
  const { compact, compactStart, characterStart, tokenCount } = scan;
  slots.clear(Math.max(0, tokenCount - n + 1));
  const isSameGram = (a: number, b: number): boolean =>
    rangesEqual(
      compact,
      compactStart[a] ?? 0,
      compactStart[a + n] ?? 0,
      compactStart[b] ?? 0,
      compactStart[b + n] ?? 0,
    );
  let repeated = 0;
  for (let i = 0; i + n <= tokenCount; ) {
    if (slots.firstEqual(hashOfTokens(scan, i, i + n), i, isSameGram) === i) {
      i++;
    } else {
      repeated += (characterStart[i + n] ?? 0) - (characterStart[i] ?? 0);
      i += n;
    }
  }
  return repeated;
}

function reserve(count: number): void {
  if (count <= wordIds.length && wordIds.length <= 1 << 22) return;
  const reserved = Math.max(1024, count + (count >> 1));
  wordIds = new Int32Array(reserved);
  ids = new Int32Array(reserved);
  nextIds = new Int32Array(reserved);
  counts = new Int32Array(reserved);
  shorterCounts = new Int32Array(reserved);
}
