import { expect, test } from "vitest";
import { partBytes } from "./part-layout.ts";

test("10,000 parts hold the largest object there can be, and none is larger than a part may be", () => {
  const sizes = Array.from({ length: 10_000 }, (_, index) => partBytes(index + 1));
  expect(sizes[0]).toBe(8 * 2 ** 20);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(5 * 2 ** 40);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * 2 ** 30);
  expect(sizes.slice(0, 1000).every((size) => size === sizes[0])).toBe(true);
});
