import { expect, test } from "vitest";
import { compareNames, slices } from "../workloads/kill-series.ts";
import { sessionFacts } from "../workloads/session-events.ts";

test("sessions together are shorter than one undisturbed run", () => {
  for (const seed of [1, 2, 3]) {
    const times = slices(100, 10, seed);
    expect(times).toHaveLength(10);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(times.reduce((sum, time) => sum + time, 0)).toBeLessThan(96);
  }
  expect(slices(100, 10, 1)).not.toEqual(slices(100, 10, 2));
});

test("what is missing is lost, what is there twice is doubled", () => {
  expect(compareNames(["a", "b", "c"], ["a", "c", "c", "c"])).toEqual({ lost: 1, doubled: 2 });
});

test("a session read what its tasks last told, and its last line may be cut", () => {
  const task = (read: number) => ({
    time: "2025-01-01T00:00:02.000Z",
    type: "task-progressed",
    task: { stage: 0, split: 1 },
    progress: { accounting: { read } },
  });
  const receipt = { stage: 0, split: 0, accounting: { read: 50 } };
  const lines = [
    { time: "2025-01-01T00:00:01.000Z", type: "task-started", task: { stage: 0, split: 0 } },
    task(3),
    task(7),
    { time: "2025-01-01T00:00:03.000Z", type: "task-finished", receipt },
  ].map((line) => JSON.stringify(line));
  expect(sessionFacts(`${lines.join("\n")}\n{"time":"20`)).toEqual({
    read: 57,
    firstTaskAt: Date.parse("2025-01-01T00:00:01.000Z"),
  });
});
