import { describe, expect, it } from "vitest";
import { formatByteRate, formatCount, formatDuration, formatPercent, formatRate } from "./format-quantity.ts";

describe("quantities", () => {
  it.each([
    [0, "0ms"],
    [0.0421, "42ms"],
    [0.42, "0.42s"],
    [0.996, "1.0s"],
    [9.96, "10s"],
    [59.6, "1m 00s"],
    [80, "1m 20s"],
    [3599.7, "1h 00m"],
    [11_100, "3h 05m"],
    [187_200, "2d 04h"],
  ])("%d seconds read %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [0, "0 %"],
    [0.0001, "<0.1 %"],
    [0.5234, "52.3 %"],
    [0.99999, ">99.9 %"],
    [1, "100 %"],
  ])("the ratio %d reads %s", (ratio, text) => expect(formatPercent(ratio)).toBe(text));

  it("groups thousands, and keeps a decimal for slow rates", () => {
    expect([formatCount(1_234_567), formatRate(0.31), formatRate(831.4), formatByteRate(1.5 * 2 ** 20)]).toEqual([
      "1,234,567",
      "0.3/s",
      "831/s",
      "1.5 MiB/s",
    ]);
  });
});
