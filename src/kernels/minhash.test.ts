import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { estimatedJaccard, MinHasher } from "./minhash.ts";
import { minHashReference, wordsOf } from "./minhash-reference.ts";

/** Unicode's white space and the four separators that Python adds; U+FEFF and U+200B are none. */
const spaces = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter((character) =>
  /[\p{White_Space}\x1c-\x1f]/u.test(character),
);
const ideographs = ["か", "カ", "漢", "㐀", "\u9fff", "豈", "𠀀", "\u{323af}"];
const unicode = fc.string({ unit: "binary", maxLength: 12 });
const text = fc
  .array(
    fc.oneof(
      unicode,
      fc.constantFrom(...spaces),
      fc.constantFrom(...ideographs),
      fc.constantFrom("the", "of", "don't", "\ud800", "\u200b", "\ufeff", "、", "한국어", "Привет", "ไทย"),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(""));
/** Bytes that begin, continue and end what the kernel looks for, in any order. */
const byte = fc.oneof(
  fc.constantFrom(0x20, 0x0a, 0x1c, 0x41, 0x80, 0x85, 0xa0, 0x9a, 0xa8, 0xbf, 0xc2, 0xe1, 0xe2, 0xe3, 0xe4, 0xef, 0xf0),
  fc.nat(255),
);
const bytes = fc.array(byte, { maxLength: 120 }).map((values) => Uint8Array.from(values));
const settings = fc.record({
  permutations: fc.integer({ min: 1, max: 40 }),
  shingleWords: fc.integer({ min: 1, max: 9 }),
});

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function prose(words: number, seed: number): string {
  const next = random(seed);
  return Array.from(
    { length: words },
    () => "abcdefghijklmnopqrst".slice(0, 1 + next() * 20) + (next() * 50).toFixed(),
  ).join(" ");
}

describe("MinHasher", () => {
  it("equals its plain TypeScript twin for any text", () => {
    fc.assert(
      fc.property(text, settings, (document, chosen) => {
        const hasher = new MinHasher(chosen);
        const expected = minHashReference(Buffer.from(document), chosen);
        expect(hasher.signature(document)).toEqual(expected);
        expect(hasher.signature(Buffer.from(document))).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  it("equals its twin for any bytes, whatever lay in its memory before", () => {
    const hasher = new MinHasher({ permutations: 16, shingleWords: 2 });
    fc.assert(
      fc.property(bytes, bytes, (before, document) => {
        hasher.signature(before);
        expect(hasher.signature(document)).toEqual(minHashReference(document, { permutations: 16, shingleWords: 2 }));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([1, 2, 5, 1024, 1500])(
    "equals its twin around the ends of its blocks: %i words a shingle",
    (shingleWords) => {
      const chosen = { permutations: 4, shingleWords };
      const hasher = new MinHasher(chosen);
      for (const count of [1022, 1023, 1024, 1025, 1026, 2047, 2048, 2049, 3000]) {
        const document = prose(count, count);
        expect(hasher.signature(document)).toEqual(minHashReference(Buffer.from(document), chosen));
      }
    },
  );

  it("takes documents that outgrow its memory, huge words among them, and small ones after them", () => {
    const hasher = new MinHasher();
    for (const document of [
      "a b c",
      "word".repeat(100_000),
      `${"é".repeat(200_000)} ${prose(20_000, 7)}`,
      "a b c",
      "",
    ]) {
      const expected = minHashReference(Buffer.from(document));
      expect(hasher.signature(document)).toEqual(expected);
      expect(hasher.signature(Buffer.from(document))).toEqual(expected);
    }
  });

  it("cuts words at all white space of Unicode and of Python, and nowhere else", () => {
    const hasher = new MinHasher({ shingleWords: 1 });
    const expected = hasher.signature("left right");
    expect(spaces).toHaveLength(29);
    for (const space of spaces) expect(hasher.signature(`left${space}right${space}`)).toEqual(expected);
    for (let code = 0; code < 0x3_0000; code++) {
      const character = String.fromCodePoint(code);
      const isSeparator =
        /[\p{White_Space}\x1c-\x1f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u.test(
          character,
        );
      expect(wordsOf(Buffer.from(`a${character}b`)).length > 1, code.toString(16)).toBe(isSeparator);
    }
  });

  it("takes every character of Hiragana, Katakana and Han for a word", () => {
    const hasher = new MinHasher({ shingleWords: 2 });
    expect(hasher.signature(`${ideographs.join("")}end`)).toEqual(hasher.signature(`${ideographs.join(" ")} end`));
    expect(hasher.signature("한국어")).not.toEqual(hasher.signature("한 국 어"));
  });

  it("takes a document of fewer words than a shingle for one shingle", () => {
    const hasher = new MinHasher();
    expect(hasher.signature("one two")).toEqual(hasher.signature("\n one\ttwo "));
    expect(estimatedJaccard(hasher.signature("one two"), hasher.signature("two one"))).toBeLessThan(0.1);
    expect(estimatedJaccard(hasher.signature("one two"), hasher.signature("one two three"))).toBeLessThan(0.1);
  });

  it("gives documents without words one signature, which no other has", () => {
    const hasher = new MinHasher();
    expect(new Set(hasher.signature(" \u3000\n"))).toEqual(new Set([0xffff_ffff]));
    expect(hasher.signature(new Uint8Array())).toEqual(hasher.signature(" "));
  });

  it("gives the signatures that it always gave, fewer permutations being the first of more", () => {
    const document = "It was the best of times, it was the worst of times";
    expect([...new MinHasher({ permutations: 4 }).signature(document)]).toEqual([
      557459165, 1397455172, 392845291, 819216612,
    ]);
    expect(new MinHasher({ permutations: 5 }).signature(document)).toEqual(
      new MinHasher().signature(document).slice(0, 5),
    );
  });

  it("keeps its results apart from its memory", () => {
    const hasher = new MinHasher();
    const first = hasher.signature("a b c");
    const copy = first.slice();
    hasher.signature("d e f");
    expect(first).toEqual(copy);
  });

  it.each([0, -1, 1.5, 65_537, Number.NaN])("refuses %d permutations, or as many words a shingle", (value) => {
    expect(() => new MinHasher({ permutations: value })).toThrow(RangeError);
    expect(() => new MinHasher({ shingleWords: value })).toThrow(RangeError);
  });
});

describe("estimatedJaccard", () => {
  // Of 200 words that either document has, so many are in both.
  it.each([
    [0.2, 40],
    [0.5, 100],
    [0.8, 160],
    [0.95, 190],
  ])("errs as theory says at J = %d, and to neither side", (jaccard, shared) => {
    const hasher = new MinHasher({ shingleWords: 1 });
    const pairs = 1500;
    let sum = 0;
    let squares = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const words = Array.from({ length: 200 }, (_, index) => `${pair}w${index}`);
      const own = (200 - shared) / 2;
      const first = hasher.signature(words.slice(0, shared + own).join(" "));
      const second = hasher.signature([...words.slice(0, shared), ...words.slice(shared + own)].join(" "));
      const error = estimatedJaccard(first, second) - jaccard;
      sum += error;
      squares += error ** 2;
    }
    const expected = Math.sqrt((jaccard * (1 - jaccard)) / 128);
    expect(Math.abs(sum / pairs)).toBeLessThan(0.004);
    expect(Math.sqrt(squares / pairs) / expected).toBeGreaterThan(0.93);
    expect(Math.sqrt(squares / pairs) / expected).toBeLessThan(1.07);
  });
});
