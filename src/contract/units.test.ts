import fc from "fast-check";
import { expect, test } from "vitest";
import { byteSize, duration, formatBytes } from "./units.ts";

test.each([
  ["256MiB", 268_435_456],
  ["1GB", 1_000_000_000],
  ["1.5 KiB", 1536],
  ["64kB", 64_000],
  ["0B", 0],
  [4096, 4096],
])("the size %j is %d bytes", (text, bytes) => {
  expect(byteSize.parse(text)).toBe(bytes);
});

test.each(["", "MiB", "-1MiB", "1e3MiB", "256mib", "256", "1 2MB", "9999999999TiB", -1, 1.5, true, null])(
  "%j is no size",
  (value) => {
    const issues = byteSize.safeParse(value).error?.issues ?? [];
    expect(issues.map((issue) => issue.message)).toEqual([
      'expected a number of bytes or a size such as "256MiB" (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB)',
    ]);
  },
);

test.each([
  ["500ms", 0.5],
  ["2s", 2],
  ["1.5m", 90],
  ["1h", 3600],
  [0.25, 0.25],
])("the duration %j is %d seconds", (text, seconds) => {
  expect(duration.parse(text)).toBe(seconds);
});

test.each(["", "s", "-1s", "2 days", "10", -1, true, Number.POSITIVE_INFINITY])("%j is no duration", (value) => {
  const issues = duration.safeParse(value).error?.issues ?? [];
  expect(issues.map((issue) => issue.message)).toEqual([
    'expected a number of seconds or a duration such as "30s" (ms, s, m, h)',
  ]);
});

test("parsing what was parsed changes nothing", () => {
  const units = fc.constantFrom("B", "KB", "MiB", "GB", "TiB");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), units, (amount, unit) => {
      const bytes = byteSize.parse(`${amount}${unit}`);
      expect(byteSize.parse(bytes)).toBe(bytes);
    }),
  );
});

test.each([
  [0, "0 B"],
  [900, "900 B"],
  [1536, "1.5 KiB"],
  [268_435_456, "256 MiB"],
  [3 * 2 ** 40, "3 TiB"],
])("%d bytes read as %j", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
