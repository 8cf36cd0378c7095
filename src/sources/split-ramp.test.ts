import { expect, test } from "vitest";
import { rampedSize } from "./split-ramp.ts";

test("eight splits of a size, then twice that, up to the largest", () => {
  const sizes = Array.from({ length: 40 }, (_, index) => rampedSize(index, 50, 1000));
  expect(sizes.filter((_, index) => index % 8 === 0)).toEqual([50, 100, 200, 400, 800]);
  expect(sizes.slice(0, 8)).toEqual(Array(8).fill(50));
  expect(rampedSize(40, 50, 1000)).toBe(1000);
  expect(rampedSize(10 ** 9, 50, 1000)).toBe(1000);
});

test("never more than the largest, not even at the start", () => {
  expect(rampedSize(0, 50, 2)).toBe(2);
});
