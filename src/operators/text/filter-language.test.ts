import { expect, test } from "vitest";
import { opened, sampleOf, textSample, verdictOf } from "../../../test/fixtures/text-operator.ts";
import { checkOperator } from "../../testing.ts";
import { filterLanguage } from "./filter-language.ts";

const english = "The weather was fine in the morning, so we walked along the river to the old town.";
const german = "Am Morgen war das Wetter schön, also gingen wir am Fluss entlang in die alte Stadt.";

test("keeps the promises of an operator", async () => {
  const samples = [english, german, "", "\0\0", "12 34"].map((text, i) => ({ ...textSample(text), id: `${i}` }));
  const report = await checkOperator(filterLanguage, { samples, options: { languages: ["en"] } });
  expect(report).toMatchObject({ kept: 1, dropped: { language: 4 } });
});

test("tells languages and how sure it is", async () => {
  const apply = await opened(filterLanguage, {});
  // eld 2.1.0, small.
  const { language, languageScore } = sampleOf(await apply(textSample(german))).attributes;
  expect(language).toBe("de");
  expect(languageScore).toBeGreaterThan(0.7);
  expect(sampleOf(await apply(textSample(english))).attributes.language).toBe("en");
  expect(verdictOf(await apply(textSample("12 34")))).toBe("language_score");
});

test("minScore decides", async () => {
  expect(verdictOf(await (await opened(filterLanguage, { minScore: 0.99 }))(textSample(english)))).toBe(
    "language_score",
  );
  expect(verdictOf(await (await opened(filterLanguage, { minScore: 0 }))(textSample("12 34")))).toBe("kept");
});

test("a language that the model does not know is an error that names those that it knows", async () => {
  await expect(opened(filterLanguage, { languages: ["en", "qq"] })).rejects.toThrow(
    /cannot tell qq; expected some of .*en/,
  );
});
