import { expect, test } from "vitest";
import { opened, sampleOf, textSample, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterGopherQuality } from "./filter-gopher-quality.ts";

const prose = "The river and the mountain have to be near that old town with people. ".repeat(5);

test("keeps the promises of an operator", async () => {
  const samples = [prose, "", "\0\0", "short", "# ".repeat(90)].map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterGopherQuality, { samples });
  expect(report).toMatchObject({ kept: 1, dropped: { gopher_short_doc: 4 } });
});

test("scores are written whether or not they decide", async () => {
  const apply = await opened(filterGopherQuality, { tokens: "whitespace" });
  const scored = sampleOf(await apply(textSample("- one ...\r\n# the of …\n\n• 12 --")));
  // By hand: 10 tokens, of which `-`, `...`, `#`, `…` and `--` are punctuation only (`•` is none for datatrove); one line of four is empty.
  expect(scored.attributes).toEqual({
    origin: "test",
    gopherWords: 5,
    gopherMeanWordLength: 2.2,
    gopherHashWordRatio: 0.1,
    gopherEllipsisWordRatio: 0.2,
    gopherBulletLineRatio: 0.5,
    gopherEllipsisLineRatio: 0.5,
    gopherAlphabeticWordRatio: 0.3,
    gopherStopWords: 2,
  });
});

test("100,001 words are too many, 100,000 are not", async () => {
  const apply = await opened(filterGopherQuality, { tokens: "whitespace" });
  expect(verdictOf(await apply(textSample("the that ".repeat(50_000))))).toBe("kept");
  expect(verdictOf(await apply(textSample(`${"the that ".repeat(50_000)}end`)))).toBe("gopher_long_doc");
});

test("a rule that is null does not decide, and score mode decides nothing", async () => {
  const text = textSample("tiny");
  const off = { minWords: null, minMeanWordLength: null, minStopWords: null };
  expect(verdictOf(await (await opened(filterGopherQuality, off))(text))).toBe("kept");
  expect(verdictOf(await (await opened(filterGopherQuality, { mode: "score" }))(text))).toBe("kept");
  expect(verdictOf(await (await opened(filterGopherQuality, {}))(text))).toBe("gopher_short_doc");
});

test("tokens: words counts words without the punctuation that touches them", async () => {
  const text = textSample("Don't pay 1,000 or 3.14: see example.com, (the) well-known—place… 日本語 --- x_y!");
  const words = sampleOf(await (await opened(filterGopherQuality, { mode: "score" }))(text)).attributes;
  const spaces = sampleOf(await (await opened(filterGopherQuality, { mode: "score", tokens: "whitespace" }))(text));
  // Don't pay 1,000 or 3.14 see example.com the well known place 日 本 語 x_y
  expect(words.gopherWords).toBe(15);
  expect(words.gopherStopWords).toBe(1);
  expect(spaces.attributes.gopherWords).toBe(11);
  expect(spaces.attributes.gopherStopWords).toBe(0);
});

test("stop words are an option", async () => {
  const text = textSample("der Fluss und die Brücke");
  const apply = await opened(filterGopherQuality, { mode: "score", stopWords: ["der", "und", "und", "die", "das"] });
  expect(sampleOf(await apply(text)).attributes.gopherStopWords).toBe(3);
});
