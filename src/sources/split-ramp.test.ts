import { expect, test } from "vitest";
import { rampedSize } from "./split-ramp.ts";

test("32 splits of a size, then twice that, up to the largest", () => {
  const sizes = Array.from({ length: 160 }, (_, index) => rampedSize(index, 50, 1000));
  expect(sizes.filter((_, index) => index % 32 === 0)).toEqual([50, 100, 200, 400, 800]);
  expect(sizes.slice(0, 32)).toEqual(Array(32).fill(50));
  expect(rampedSize(160, 50, 1000)).toBe(1000);
  expect(rampedSize(10 ** 9, 50, 1000)).toBe(1000);
});

test("behind the first 32, none is more than a sixteenth of what came before it", () => {
  let before = 0;
  for (let index = 0; index < 1000; index++) {
    const size = rampedSize(index, 50, 1000);
    if (index >= 32) expect(size / before).toBeLessThanOrEqual(1 / 16);
    before += size;
  }
});

test("never more than the largest, not even at the start", () => {
  expect(rampedSize(0, 50, 2)).toBe(2);
});
