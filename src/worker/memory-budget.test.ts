import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryBudget } from "./memory-budget.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function budgetAt(use: { percent: number; reads?: number }): MemoryBudget {
  const read = () => {
    use.reads = (use.reads ?? 0) + 1;
    return { limitBytes: 1000, usedBytes: use.percent * 10 };
  };
  return new MemoryBudget(100, { read }, () => Promise.reject(new Error("nothing is reserved here")));
}

test("near the limit half of the budget holds, very near none, and it comes back with a distance", () => {
  const use = { percent: 50 };
  const budget = budgetAt(use);
  const held = [50, 79, 80, 76, 74, 95, 86, 84, 70, 90, 60].map((percent) => {
    use.percent = percent;
    vi.advanceTimersByTime(50);
    return budget.bytes();
  });
  expect(held).toEqual([100, 100, 50, 50, 100, 0, 0, 50, 100, 0, 100]);
});

test("the memory is looked at every 50 ms at most", () => {
  const use = { percent: 50, reads: 0 };
  const budget = budgetAt(use);
  for (let milliseconds = 0; milliseconds < 200; milliseconds++) {
    budget.bytes();
    vi.advanceTimersByTime(1);
  }
  expect(use.reads).toBe(4);
});

test("a sample above the budget is a matter for all workers only where a few like it could reach the limit", () => {
  const budget = budgetAt({ percent: 50 });
  expect(budget.holds(100)).toBe(true);
  expect(budget.holds(101)).toBe(false);
  expect(budget.isScarceFor(60)).toBe(false);
  expect(budget.isScarceFor(101)).toBe(true);
});

test("young garbage is collected once for each 16 MiB that are counted, and nothing older with it", () => {
  const collections: unknown[] = [];
  vi.stubGlobal("gc", (options: unknown) => void collections.push(options));
  try {
    const budget = budgetAt({ percent: 50 });
    for (let mebibytes = 0; mebibytes < 15; mebibytes++) budget.count(2 ** 20);
    expect(collections).toEqual([]);
    for (let mebibytes = 0; mebibytes < 33; mebibytes++) budget.count(2 ** 20);
    expect(collections).toEqual([{ type: "minor" }, { type: "minor" }, { type: "minor" }]);
  } finally {
    vi.unstubAllGlobals();
  }
});
