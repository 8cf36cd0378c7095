import { expect, test } from "vitest";
import type { SideResult } from "./results.ts";
import { judge, summarise } from "./summarise.ts";
import type { Measured, Side } from "./workload.ts";

const side: Side = { name: "peer", kind: "expert", run: () => Promise.reject(new Error("not here")) };
const run = (items: number, wallSeconds: number, more: Partial<Measured> = {}): Measured => ({
  items,
  wallSeconds,
  cpuSeconds: wallSeconds * 2,
  peakBytes: 100 * 2 ** 20,
  ...more,
});

test("ratios are taken pair by pair, for one item", () => {
  const pairs = [
    { run: run(100, 4, { workSeconds: 3 }), ours: run(200, 2) },
    { run: run(100, 8, { workSeconds: 6 }), ours: run(200, 8) },
  ];
  const result = summarise(side, pairs, "equal");
  expect(result).toMatchObject({ name: "peer", equality: "equal", items: 100, runs: 2 });
  expect(result.timesAsFast).toEqual({ median: 3, least: 2, greatest: 4 });
  expect(result.timesAsFastWithoutStart).toEqual({ median: 2.25, least: 1.5, greatest: 3 });
  expect(result.timesTheMemory?.median).toBe(1);
  expect(result).not.toHaveProperty("figures");
});

test("without a pair there are rates and no ratios", () => {
  const result = summarise(side, [{ run: run(10, 2), ours: undefined }], undefined);
  expect(result.itemsPerSecond?.median).toBe(5);
  expect(result).not.toHaveProperty("timesAsFast");
});

const spreadOf = (median: number) => ({ median, least: median, greatest: median });
const peer: SideResult = {
  name: "peer",
  kind: "expert",
  timesAsFast: spreadOf(5),
  timesAsFastWithoutStart: spreadOf(2),
  timesTheMemory: spreadOf(4),
};

test("a goal is held against the ratio without the peer's start, where that is known", () => {
  const goal = { kind: "ratio", of: "time", against: "peer", atLeast: 3 } as const;
  expect(judge(goal, [peer])).toMatchObject({ reached: 2, verdict: "missed" });
  const { timesAsFastWithoutStart: _, ...whole } = peer;
  expect(judge(goal, [whole])).toMatchObject({ reached: 5, verdict: "met" });
  expect(judge({ ...goal, of: "memory" }, [peer])).toMatchObject({ reached: 4, verdict: "met" });
});

test("a goal against a side that has no figures is not measured", () => {
  const goal = { kind: "ratio", of: "time", against: "peer", atLeast: 3 } as const;
  expect(judge(goal, [{ name: "peer", kind: "expert", absent: "does not install" }]).verdict).toBe("not measured");
  const figure = { kind: "figure", figure: "seconds", unit: "s", atMost: 1 } as const;
  expect(judge(figure, [peer]).verdict).toBe("not measured");
  const ours: SideResult = { name: "ours", kind: "ours", figures: { seconds: spreadOf(0.5) } };
  expect(judge(figure, [ours])).toEqual({ side: "ours", text: "seconds <= 1 s", reached: 0.5, verdict: "met" });
});
