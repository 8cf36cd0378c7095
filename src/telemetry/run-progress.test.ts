import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Accounting, addAccounting, emptyAccounting, imbalances, totalsOf } from "../contract/accounting.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { figuresOf } from "./run-figures.ts";
import { reduceRun } from "./run-progress.ts";
import { type RunSnapshot, startingSnapshot } from "./run-snapshot.ts";
import { runningAccounting } from "./run-totals.ts";

const stepIds = ["1-filter", "2-hash"];

function accountOf(read: number, dropped: number, failed: number): Accounting {
  const kept = read - dropped;
  return {
    read,
    bytesRead: read * 100,
    unreadable: {},
    steps: {
      "1-filter": { in: read, kept, dropped: { small: dropped }, failed: {}, split: 0, children: 0 },
      "2-hash": {
        in: kept,
        kept: kept - failed,
        dropped: {},
        failed: { SAMPLE_CORRUPT: failed },
        split: 0,
        children: 0,
      },
    },
    unwritable: {},
    written: kept - failed,
  };
}

const task = (split: number, stage = 0) => ({ stage, split });

function finished(split: number, accounting: Accounting, stage = 0): RunEvent {
  return { type: "task-finished", receipt: { stage, split, attempt: 1, shards: [], accounting, seconds: 1 } };
}

function started(split: number, stage = 0, attempt = 1): RunEvent {
  return { type: "task-started", worker: 0, task: task(split, stage), attempt };
}

function progressed(split: number, accounting: Accounting, attempt = 1, stage = 0): RunEvent {
  return {
    type: "task-progressed",
    task: task(split, stage),
    attempt,
    progress: { accounting, busySeconds: { read: 1, "1-filter": 3 }, imagesDecoded: {} },
  };
}

function reduceAll(events: readonly (readonly [number, RunEvent])[], stageCount = 1): RunSnapshot {
  return events.reduce(
    (snapshot, [at, event]) => reduceRun(snapshot, event, at),
    startingSnapshot({ stepIds, stageCount }, 0),
  );
}

const listed: RunEvent = { type: "input-listed", splits: 4, bytes: 40_000, samples: null };
const stage: RunEvent = { type: "stage-started", stage: 0, tasks: 4, finishedTasks: 0 };

describe("reduceRun", () => {
  it("counts what finished tasks counted, whatever progress was reported or lost on the way", () => {
    const account = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)).map(([a, b, c]) => accountOf(a + b + c, b, c));
    const tasks = fc.array(fc.record({ account, reports: fc.array(account, { maxLength: 3 }) }), { maxLength: 6 });
    fc.assert(
      fc.property(tasks, (made) => {
        const events = made.flatMap(({ account: final, reports }, split): RunEvent[] => [
          started(split),
          ...reports.map((report) => progressed(split, report)),
          finished(split, final),
        ]);
        const snapshot = reduceAll([listed, stage, ...events].map((event, at) => [at, event]));
        const sum = made.reduce((total, { account: final }) => addAccounting(total, final), emptyAccounting);
        expect(runningAccounting(snapshot)).toEqual(sum);
        expect(imbalances([runningAccounting(snapshot)])).toEqual([]);
      }),
    );
  });

  it("takes the counts of a failed attempt back, and ignores its late reports", () => {
    const error = {
      code: "WORKER_LOST",
      message: "gone",
      details: {},
      isRetryable: true,
      stack: "",
      causes: [],
    } as const;
    const snapshot = reduceAll([
      [0, listed],
      [0, stage],
      [1, started(0)],
      [2, progressed(0, accountOf(10, 2, 1))],
      [3, { type: "task-failed", task: task(0), attempt: 1, error, willRetry: true }],
      [4, progressed(0, accountOf(12, 2, 1))],
    ]);
    expect(totalsOf(runningAccounting(snapshot)).read).toBe(0);
    expect(snapshot.retries).toBe(1);
  });

  it("reads from the first stage and writes from the last", () => {
    const snapshot = reduceAll(
      [
        [0, listed],
        [0, stage],
        [1, finished(0, accountOf(10, 0, 0))],
        [2, { type: "stage-started", stage: 1, tasks: 1, finishedTasks: 0 }],
        [3, finished(0, { ...emptyAccounting, read: 10, bytesRead: 77, written: 9, steps: {} }, 1)],
      ],
      2,
    );
    expect(runningAccounting(snapshot)).toMatchObject({ read: 10, bytesRead: 1000, written: 9 });
  });
});

describe("figuresOf", () => {
  it("gives rates over the last ten seconds, not over the whole run", () => {
    const slowThenFast: [number, RunEvent][] = [
      [0, listed],
      [0, stage],
      [0, started(0)],
    ];
    for (let at = 1; at <= 40; at++)
      slowThenFast.push([at, progressed(0, accountOf(at <= 20 ? at : 20 + (at - 20) * 10, 0, 0))]);
    const figures = figuresOf(reduceAll(slowThenFast), 40);
    expect(figures.samplesPerSecond).toBeCloseTo(10, 5);
    expect(figures.bytesPerSecond).toBeCloseTo(1000, 5);
  });

  it("falls to zero when nothing is reported any more", () => {
    const snapshot = reduceAll([
      [0, listed],
      [0, stage],
      [0, started(0)],
      [1, progressed(0, accountOf(100, 0, 0))],
    ]);
    expect(figuresOf(snapshot, 60).samplesPerSecond).toBe(0);
  });

  it("foretells the end from bytes read against bytes listed", () => {
    const events: [number, RunEvent][] = [
      [0, listed],
      [0, stage],
      [0, started(0)],
    ];
    for (let at = 1; at <= 10; at++) events.push([at, progressed(0, accountOf(at * 10, 0, 0))]);
    const figures = figuresOf(reduceAll(events), 10);
    // 100 of 400 samples of 100 bytes are read at 10 a second: 30 seconds are left.
    expect(figures.fraction).toBeCloseTo(0.25, 5);
    expect(figures.remainingSeconds).toBeCloseTo(30, 5);
  });

  it("counts what an earlier session finished as done", () => {
    const resumedStage: RunEvent = { type: "stage-started", stage: 0, tasks: 4, finishedTasks: 2 };
    const snapshot = reduceAll([
      [0, listed],
      [0, resumedStage],
      [1, started(2)],
      [2, progressed(2, accountOf(50, 0, 0))],
    ]);
    expect(figuresOf(snapshot, 2).fraction).toBeCloseTo(0.625, 5);
  });

  it("never leaves 0 to 1, and busy shares sum to 1", () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(4), (read, done) => {
        const snapshot = reduceAll([
          [0, listed],
          [0, { type: "stage-started", stage: 0, tasks: 4, finishedTasks: done }],
          [1, started(3)],
          [2, progressed(3, accountOf(read, 0, 0))],
        ]);
        const { fraction, busyShares } = figuresOf(snapshot, 3);
        expect(fraction).toBeGreaterThanOrEqual(0);
        expect(fraction).toBeLessThanOrEqual(1);
        expect(Object.values(busyShares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      }),
    );
  });
});
