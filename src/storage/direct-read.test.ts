import { expect, test } from "vitest";
import { DirectReads } from "./direct-read.ts";

test("small reads are direct for as long as none has to wait", () => {
  const reads = new DirectReads();
  for (let read = 0; read < 1000; read++) {
    expect(reads.isDirect(20_000)).toBe(true);
    reads.took(0.1);
  }
  expect(reads.isDirect(10 * 2 ** 20)).toBe(false);
});

test("where reading waits, one read in 65 finds out whether it still does", () => {
  const reads = new DirectReads();
  let direct = 0;
  for (let read = 0; read < 6500; read++) {
    if (!reads.isDirect(20_000)) continue;
    direct++;
    reads.took(8);
  }
  expect(direct).toBe(100);
});
