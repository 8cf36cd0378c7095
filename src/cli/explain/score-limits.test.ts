import { expect, it } from "vitest";
import { limitsOfScores } from "./score-limits.ts";

it.each([
  [{ laplacianVariance: 41 }, { minLaplacianVariance: 100 }, { laplacianVariance: ["min 100 missed"] }],
  [
    { imageWidth: 640, imageHeight: 100 },
    { minWidthPixels: 200, minShortestEdgePixels: 200 },
    { imageWidth: ["min 200"] },
  ],
  [
    { gopherWords: 60, gopherMeanWordLength: 12 },
    { minWords: 50, maxMeanWordLength: 10, stopWords: ["the"] },
    { gopherWords: ["min 50"], gopherMeanWordLength: ["max 10 missed"] },
  ],
  [
    { meanWordLength: 5, maxWordLength: 70, characterCount: 0 },
    { maxWordLength: 60, minCharacters: 1, maxLines: null },
    { maxWordLength: ["max 60 missed"], characterCount: ["min 1 missed"] },
  ],
  [{ language: "en", languageScore: 0.4 }, { minScore: 0.5 }, { languageScore: ["min 0.5 missed"] }],
  [{ hashRatio: 1, bulletRatio: 2 }, { maxRatio: 0.1 }, {}],
])("puts thresholds beside the scores that they are about: %j, %j", (scores, options, expected) => {
  const found = [...limitsOfScores(scores, options)].flatMap(([name, limits]) =>
    limits.length === 0
      ? []
      : [[name, limits.map(({ kind, value, isMissed }) => `${kind} ${value}${isMissed ? " missed" : ""}`)] as const],
  );
  expect(Object.fromEntries(found)).toEqual(expected);
});
