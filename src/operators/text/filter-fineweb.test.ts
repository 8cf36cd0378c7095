import { expect, test } from "vitest";
import { opened, sampleOf, textSample, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterFineweb } from "./filter-fineweb.ts";

test("keeps the promises of an operator", async () => {
  const texts = ["A line that is long enough to be one of prose.", "", " \n\t", "no end", "a.\nb.\nc."];
  const samples = texts.map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterFineweb, { samples });
  expect(report).toMatchObject({ kept: 1, dropped: { empty: 2, line_punct_ratio: 1, short_line_ratio: 1 } });
});

test("scores", async () => {
  const apply = await opened(filterFineweb, { tokens: "whitespace", shortLineCharacters: 5 });
  const scored = sampleOf(await apply(textSample("abc d.\nabc d.\n  \nx。\nyy \n"))).attributes;
  // Four lines with content; 6 repeated of 6 + 6 + 2 + 2 + 3 characters without line ends; 5 line ends on 6 words.
  expect(scored).toMatchObject({
    finewebLines: 4,
    finewebPunctuatedLineRatio: 0.75,
    finewebShortLineRatio: 0.5,
    finewebDuplicateCharacterRatio: 6 / 19,
    finewebNewlinesPerWord: 5 / 6,
  });
});

test("keepUnpunctuated excuses text without any terminal punctuation only", async () => {
  const line = "a long line of words that does not end as sentences do";
  const lines = Array.from({ length: 10 }, (_, i) => `${line} ${i}`);
  const apply = await opened(filterFineweb, { keepUnpunctuated: true });
  expect(verdictOf(await apply(textSample(lines.join("\n"))))).toBe("kept");
  expect(verdictOf(await apply(textSample(`${lines.join("\n")}.`)))).toBe("line_punct_ratio");
});
