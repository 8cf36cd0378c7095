import fc from "fast-check";
import { expect, test } from "vitest";
import { opened, sampleOf, textSample, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterGopherRepetition } from "./filter-gopher-repetition.ts";

const plain =
  "None of the many short words in this one line of plain text comes up for a second time, or so it was said.";

test("keeps the promises of an operator", async () => {
  const texts = [plain, "", "\n\n", "a b ".repeat(20), "x\n\nx\n\nx"];
  const samples = texts.map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterGopherRepetition, { samples, options: { tokens: "whitespace" } });
  expect(report).toMatchObject({ kept: 1, dropped: { empty: 1, dup_line_frac: 1, dup_para_frac: 1, top_2_gram: 1 } });
});

/** What datatrove's functions say, written down as they are there. */
function duplicates(pieces: readonly string[]): [number, number] {
  const seen = new Set<string>();
  let count = 0;
  let characters = 0;
  for (const piece of pieces) {
    if (seen.has(piece)) {
      count++;
      characters += [...piece].length;
    }
    seen.add(piece);
  }
  return [count, characters];
}

function topNGram(words: readonly string[], n: number): number {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  let best: [string, number] = ["", 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return [...best[0]].length * best[1];
}

function duplicateNGrams(words: readonly string[], n: number): number {
  const seen = new Set<string>();
  let characters = 0;
  for (let i = 0; i < words.length - n + 1; ) {
    const gram = words.slice(i, i + n).join("");
    if (seen.has(gram)) {
      characters += [...gram].length;
      i += n;
    } else {
      seen.add(gram);
      i++;
    }
  }
  return characters;
}

const pieces = fc.constantFrom(
  "a",
  "b",
  "ab",
  "ba",
  "𝒳",
  "\ud800",
  "the",
  " ",
  " ",
  "\n",
  "\n",
  "\n\n",
  "\t",
  "\u00a0",
  ".",
);
const texts = fc.array(pieces, { minLength: 1, maxLength: 120 }).map((list) => list.join(""));

test("every score equals the plain algorithm", async () => {
  const apply = await opened(filterGopherRepetition, { mode: "score", tokens: "whitespace" });
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const scores = sampleOf(await apply(textSample(text))).attributes;
      const total = [...text].length;
      const words = text.split(/[ \n\t\u00a0]+/).filter((word) => word !== "");
      const lines = text.split(/\n+/);
      const [lineCount, lineCharacters] = duplicates(lines);
      expect(scores.duplicateLineRatio).toBe(lineCount / lines.length);
      expect(scores.duplicateLineCharacterRatio).toBe(lineCharacters / total);
      const paragraphs = text.trim().split(/\n{2,}/);
      const [paragraphCount, paragraphCharacters] = duplicates(paragraphs);
      expect(scores.duplicateParagraphRatio).toBe(paragraphCount / paragraphs.length);
      expect(scores.duplicateParagraphCharacterRatio).toBe(paragraphCharacters / total);
      for (const n of [2, 3, 4]) expect(scores[`top${n}GramRatio`]).toBe(topNGram(words, n) / total);
      for (const n of [5, 6, 7, 8, 9, 10]) {
        expect(scores[`duplicate${n}GramRatio`]).toBe(duplicateNGrams(words, n) / total);
      }
    }),
    { numRuns: 500 },
  );
});

test("words that only together make the same letters count as the same, as datatrove has it", async () => {
  const apply = await opened(filterGopherRepetition, { mode: "score", tokens: "whitespace" });
  const text = "ab c d e f a bc d e f";
  expect(sampleOf(await apply(textSample(text))).attributes.duplicate5GramRatio).toBe(6 / text.length);
});

test("words with one hash are told apart", async () => {
  // Thue-Morse strings collide under every polynomial hash modulo 2^32.
  const morse = (bits: number, flip: number) =>
    Array.from({ length: 2 ** bits }, (_, i) =>
      (i.toString(2).split("1").length - 1 + flip) % 2 === 0 ? "a" : "b",
    ).join("");
  const apply = await opened(filterGopherRepetition, { mode: "score", tokens: "whitespace" });
  const scores = sampleOf(await apply(textSample(`${morse(11, 0)} x\n${morse(11, 1)} x`))).attributes;
  expect(scores.duplicateLineRatio).toBe(0);
  expect(scores.top2GramRatio).toBe((2 ** 11 + 2) / (2 * (2 ** 11 + 2) + 1));
});

test("one line of a million characters takes linear time", async () => {
  const apply = await opened(filterGopherRepetition, { tokens: "whitespace" });
  expect(verdictOf(await apply(textSample("a".repeat(1_000_000))))).toBe("kept");
  expect(verdictOf(await apply(textSample("ab ".repeat(333_333))))).toBe("top_2_gram");
  // A small text behind a large one sees none of its remains.
  expect(verdictOf(await apply(textSample(plain)))).toBe("kept");
});

test("rules are switched off one by one", async () => {
  const text = textSample("same line\nsame line\nsame line");
  const verdict = async (options: object) => verdictOf(await (await opened(filterGopherRepetition, options))(text));
  expect(await verdict({})).toBe("dup_line_frac");
  expect(await verdict({ maxDuplicateLineRatio: null })).toBe("dup_line_char_frac");
  expect(await verdict({ maxDuplicateLineRatio: null, maxDuplicateLineCharacterRatio: null })).toBe("top_2_gram");
});
