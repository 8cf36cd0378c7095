import { expect, test } from "vitest";
import { median, spread } from "./statistics.ts";

test("the median is the middle one, or the mean of the middle two", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("a spread has the extremes too; there is none of nothing", () => {
  expect(spread([5, 1, 3])).toEqual({ median: 3, least: 1, greatest: 5 });
  expect(spread([])).toBeUndefined();
});
