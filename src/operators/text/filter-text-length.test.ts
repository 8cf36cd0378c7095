import { expect, test } from "vitest";
import { opened, sampleOf, textSample, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterTextLength } from "./filter-text-length.ts";

test("keeps the promises of an operator", async () => {
  const samples = ["text", "", "more text"].map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterTextLength, { samples });
  expect(report).toMatchObject({ kept: 2, dropped: { too_few_characters: 1 } });
});

test("counts code points, words and lines with content", async () => {
  const apply = await opened(filterTextLength, { tokens: "whitespace" });
  expect(sampleOf(await apply(textSample("😀 ab\n \n\ncdef g."))).attributes).toEqual({
    origin: "test",
    characterCount: 15,
    wordCount: 4,
    lineCount: 2,
    meanWordLength: 9 / 4,
    maxWordLength: 4,
    meanLineLength: 5.5,
    maxLineLength: 7,
  });
});

test.each([
  [{ minCharacters: 14 }, "too_few_characters"],
  [{ maxCharacters: 12 }, "too_many_characters"],
  [{ minWords: 5 }, "too_few_words"],
  [{ maxWords: 3 }, "too_many_words"],
  [{ minLines: 3 }, "too_few_lines"],
  [{ maxLines: 1 }, "too_many_lines"],
  [{ minMeanWordLength: 2.6 }, "words_too_short"],
  [{ maxMeanWordLength: 2.4 }, "words_too_long"],
  [{ maxWordLength: 3 }, "word_too_long"],
  [{ minMeanLineLength: 6.1 }, "lines_too_short"],
  [{ maxMeanLineLength: 5.9 }, "lines_too_long"],
  [{ maxLineLength: 6 }, "line_too_long"],
  [{ minCharacters: 13, maxCharacters: 13, minWords: 4, maxWords: 4, maxWordLength: 4, maxLineLength: 7 }, "kept"],
])("%j", async (options, expected) => {
  // 4 words of 10 characters, lines of 5 and 7.
  const apply = await opened(filterTextLength, { tokens: "whitespace", ...options });
  expect(verdictOf(await apply(textSample("ab cd\nxyzw uv")))).toBe(expected);
});
