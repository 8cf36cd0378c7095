import { expect, test } from "vitest";
import { opened, sampleOf, textSample, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterWords } from "./filter-words.ts";

const reason = "document_removed_with_badwords";

test("keeps the promises of an operator", async () => {
  const samples = ["a bad word", "", "fine"].map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterWords, { samples, options: { words: ["bad"] } });
  expect(report).toMatchObject({ kept: 2, dropped: { [reason]: 1 } });
});

test.each([
  ["BAD", reason],
  ["it is (bad)!", reason],
  ["badly", "kept"],
  ["a_bad", "kept"],
  ["ébad", "kept"],
  ["𝒳bad", "kept"],
  ["very\nbad", reason],
  ["so bad thing", reason],
  ["off the  list", "kept"],
  ["off the list", reason],
  ["c++ is", reason],
  ["x", reason],
  ["xy", "kept"],
])("%j is %s", async (text, expected) => {
  const apply = await opened(filterWords, { words: ["Bad", "bad thing", "off the list", "c++", "x"] });
  expect(verdictOf(await apply(textSample(text)))).toBe(expected);
});

test("anywhere finds words inside of others; occurrences are counted without overlap", async () => {
  const apply = await opened(filterWords, { words: ["aa", "性"], match: "anywhere", maxOccurrences: 2 });
  expect(sampleOf(await apply(textSample("baaaab"))).attributes).toMatchObject({
    refusedWordCount: 2,
    firstRefusedWord: "aa",
  });
  expect(verdictOf(await apply(textSample("baaaab")))).toBe("kept");
  expect(verdictOf(await apply(textSample("baaaab 可能性")))).toBe(reason);
});

test("keepFraction spares about that share, always the same texts for a seed", async () => {
  const texts = Array.from({ length: 400 }, (_, i) => textSample(`bad ${i}`));
  const keptWith = async (seed: number) => {
    const apply = await opened(filterWords, { words: ["bad"], keepFraction: 0.25 }, seed);
    const verdicts = await Promise.all(texts.map(async (text) => verdictOf(await apply(text))));
    return verdicts.flatMap((verdict, i) => (verdict === "kept" ? [i] : []));
  };
  const first = await keptWith(1);
  expect(first.length).toBeGreaterThan(70);
  expect(first.length).toBeLessThan(130);
  expect(await keptWith(1)).toEqual(first);
  expect(await keptWith(2)).not.toEqual(first);
});
