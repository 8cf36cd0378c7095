import { compiledKernel, KernelInstance } from "./kernel-instance.ts";
import { completeSettings, type MinHashSettings, minHashCoefficients } from "./minhash-coefficients.ts";
import { minhashWasm } from "./wasm/minhash-wasm.ts";

/** Permutations that the kernel does at once. */
const together = 16;
/** Words that the kernel hashes before it looks at their shingles. */
const blockWords = 1024;
/** The kernel reads whole blocks past the end of a document. */
const slackBytes = 32;
const encoder = new TextEncoder();

/**
 * MinHash signatures of texts (Broder 1997, "On the resemblance and containment of documents") with WebAssembly SIMD,
 * exactly as `minHashReference`, the same on every machine.
 *
 * A document is a set of shingles: runs of `shingleWords` words, or all of its words when there are fewer. Words stand
 * between white space as Python's `str.split` knows it, which is Unicode's and U+001C to U+001F. A character of
 * Hiragana, Katakana or Han is a word by itself, since these scripts put no space between words. Bytes are compared as
 * they are: who wants case, accents or punctuation not to matter takes them out of the text before.
 *
 * A signature holds the least value of the shingles' 32-bit hashes under each of `permutations` linear permutations
 * `a * x + b` modulo 2^32 with odd `a`. Bohman, Cooper and Frieze 2000, "Min-wise independent linear permutations",
 * show such maps to suffice where the modulus is a prime; for this one, datasketch's `affine32`, a test measures the
 * error. A document without words has 0xffffffff everywhere.
 *
 * Holds its memory, which grows to the longest document seen: one a worker is enough. Not re-entrant.
 */
export class MinHasher {
  readonly permutations: number;
  readonly #shingleWords: number;
  readonly #instance = new KernelInstance(compiledKernel(minhashWasm));
  readonly #kernel = this.#instance.kernel("minhash");
  readonly #groups: number;
  readonly #coefficients: number;
  readonly #signature: number;
  readonly #words: number;
  readonly #shingles: number;
  readonly #document: number;
  /** All of the memory; another view whenever it grows. */
  #bytes: Uint8Array;

  /** Throws a RangeError when a setting is not a whole number from 1 to 65,536. */
  constructor(settings: MinHashSettings = {}) {
    const { permutations, shingleWords } = completeSettings(settings);
    this.permutations = permutations;
    this.#shingleWords = shingleWords;
    this.#groups = Math.ceil(permutations / together);
    const lanes = this.#groups * together;
    this.#coefficients = this.#instance.base;
    this.#signature = this.#coefficients + lanes * 8;
    this.#words = this.#signature + lanes * 4;
    this.#shingles = this.#words + (blockWords + shingleWords) * 8;
    this.#document = this.#shingles + (blockWords + shingleWords) * 4;
    this.#bytes = this.#reserve(0);
    const { multipliers, addends } = minHashCoefficients(lanes);
    this.#instance.write(this.#coefficients, multipliers);
    this.#instance.write(this.#coefficients + multipliers.byteLength, addends);
  }

  /**
   * The signature of a document in UTF-8, of which any bytes will do, or of a string, whose lone surrogates become
   * U+FFFD. Throws a RangeError when a document does not fit the 4 GiB of a WebAssembly memory.
   */
  signature(document: Uint8Array | string): Uint32Array {
    const length = typeof document === "string" ? this.#writeText(document) : this.#writeBytes(document);
    this.#kernel(
      this.#document,
      length,
      this.#shingleWords,
      this.#groups,
      this.#coefficients,
      this.#signature,
      this.#words,
      this.#shingles,
    );
    const signature = this.#instance.bytes(this.#signature, this.permutations * Uint32Array.BYTES_PER_ELEMENT);
    return new Uint32Array(new Uint8Array(signature).buffer);
  }

  #writeBytes(document: Uint8Array): number {
    this.#bytes = this.#reserve(document.length);
    this.#bytes.set(document, this.#document);
    return document.length;
  }

  #writeText(text: string): number {
    // A code unit takes three bytes at most; only what might not fit is worth counting.
    if (!this.#hasRoom(text.length * 3)) this.#bytes = this.#reserve(Buffer.byteLength(text));
    return encoder.encodeInto(text, this.#bytes.subarray(this.#document)).written;
  }

  #hasRoom(bytes: number): boolean {
    return this.#document + bytes + slackBytes <= this.#bytes.length;
  }

  #reserve(bytes: number): Uint8Array {
    this.#instance.reserve(this.#document + bytes + slackBytes);
    return this.#instance.bytes(0, this.#instance.byteLength);
  }
}

/** Share of equal places: an unbiased estimate of the Jaccard index, of deviation `sqrt(J (1 - J) / permutations)`. */
export function estimatedJaccard(first: Uint32Array, second: Uint32Array): number {
  let equal = 0;
  for (let index = 0; index < first.length; index++) if (first[index] === second[index]) equal++;
  return equal / first.length;
}
