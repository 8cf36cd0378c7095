import { expect, test } from "vitest";
import { opened, sampleOf, textSample, textsOf, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterC4 } from "./filter-c4.ts";

const prose = "This is one. This is two. This is three. This is four. This is five.";

test("keeps the promises of an operator", async () => {
  const texts = [`${prose}\nmenu`, "", "There is a { here.", "It has Lorem Ipsum in it.", "Too short it is."];
  const samples = texts.map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterC4, { samples });
  expect(report).toMatchObject({ kept: 1, dropped: { too_few_sentences: 2, curly_bracket: 1, lorem_ipsum: 1 } });
});

test("removes lines and citations, and says how much remained", async () => {
  const apply = await opened(filterC4, {});
  const text = [
    "  A first line[12] with[citation needed] a citation.  ",
    "Navigation | Home",
    "Trailing off it goes...",
    "Too few.",
    "Please switch on JavaScript to go on.",
    "This site Uses Cookies for all.",
    `${"x".repeat(1001)} has a long word.`,
    prose,
  ].join("\r\n");
  const outcome = await apply(textSample(text));
  expect(textsOf(outcome)).toEqual([`A first line with a citation.\n${prose}`]);
  expect(sampleOf(outcome).attributes).toMatchObject({ c4Verdict: "kept", c4Sentences: 6, c4KeptLineRatio: 0.25 });
});

test("every rule can be switched off", async () => {
  const text = "a [1]\nLorem ipsum { javascript\nprivacy policy...";
  const apply = await opened(filterC4, {
    removeCitations: false,
    requireTerminalPunctuation: false,
    minSentences: null,
    minWordsPerLine: null,
    maxWordLength: null,
    refuseLoremIpsum: false,
    removeJavascriptLines: false,
    refuseCurlyBrackets: false,
    removePolicyLines: false,
  });
  expect(textsOf(await apply(textSample(text)))).toEqual([text]);
});

test("score mode changes no text and drops nothing", async () => {
  const apply = await opened(filterC4, { mode: "score" });
  const outcome = await apply(textSample("There is a { here."));
  expect(verdictOf(outcome)).toBe("kept");
  expect(textsOf(outcome)).toEqual(["There is a { here."]);
  expect(sampleOf(outcome).attributes.c4Verdict).toBe("curly_bracket");
});

test("the dropped sample has its text unchanged, and one refused text of several drops the sample", async () => {
  const apply = await opened(filterC4, {});
  const outcome = await apply(textSample(`${prose}\nmenu`, "There is a { here."));
  expect(verdictOf(outcome)).toBe("curly_bracket");
  expect(textsOf(outcome)).toEqual([`${prose}\nmenu`, "There is a { here."]);
  const first = await (await opened(filterC4, { part: "text" }))(textSample(`${prose}\nmenu`, "There is a { here."));
  expect(textsOf(first)).toEqual([prose, "There is a { here."]);
});

test("sentences: a number or a domain ends none with tokens words", async () => {
  const text = "Pi is 3.14 on example.com they say. Mr. A. B. Smith said so";
  const sentences = async (tokens: "words" | "whitespace") => {
    const apply = await opened(filterC4, { mode: "score", requireTerminalPunctuation: false, tokens });
    return sampleOf(await apply(textSample(text))).attributes.c4Sentences;
  };
  // words: "…say.", "Mr.", the rest. whitespace: also behind "3." and "example.", the rest ends behind "B.".
  expect(await sentences("words")).toBe(3);
  expect(await sentences("whitespace")).toBe(5);
});

test("with unit sentence, sentences are judged and joined by spaces", async () => {
  const apply = await opened(filterC4, { unit: "sentence", minSentences: 2 });
  const outcome = await apply(textSample("Here is one sentence. No. Here is another sentence."));
  expect(textsOf(outcome)).toEqual(["Here is one sentence. Here is another sentence."]);
  expect(sampleOf(outcome).attributes.c4Sentences).toBe(2);
});

test("one line of a million characters, blank or not, takes linear time", async () => {
  const apply = await opened(filterC4, {});
  expect(verdictOf(await apply(textSample(" ".repeat(1_000_000))))).toBe("too_few_sentences");
  expect(verdictOf(await apply(textSample(`${"[".repeat(1_000_000)}.`)))).toBe("too_few_sentences");
  expect(verdictOf(await apply(textSample(`a b c${" ".repeat(1_000_000)}d.`)))).toBe("too_few_sentences");
});
