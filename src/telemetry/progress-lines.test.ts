import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../contract/run-event.ts";
import { fitText, plainPaint } from "./paint.ts";
import { progressLines, progressLogLine } from "./progress-lines.ts";
import { reduceRun } from "./run-progress.ts";
import { startingSnapshot } from "./run-snapshot.ts";

const accounting = {
  read: 1000,
  bytesRead: 20_000_000,
  unreadable: { SAMPLE_EMPTY: 1 },
  steps: { "1-filter-blur": { in: 999, kept: 949, dropped: { blurred: 50 }, failed: {}, split: 0, children: 0 } },
  unwritable: {},
  written: 949,
};
const events: readonly RunEvent[] = [
  { type: "run-started", runId: "r", planHash: "h", destination: "/out", stages: 1, resumed: null },
  { type: "input-listed", splits: 2, bytes: 80_000_000, samples: 4000 },
  { type: "worker-started", worker: 0, processId: 1, node: null },
  { type: "worker-started", worker: 1, processId: 2, node: null },
  { type: "stage-started", stage: 0, tasks: 2, finishedTasks: 0 },
  { type: "task-started", worker: 0, task: { stage: 0, split: 0 }, attempt: 1 },
  {
    type: "worker-activity",
    worker: 0,
    activity: {
      doing: "task",
      task: { stage: 0, split: 0 },
      step: "1-filter-blur",
      sample: `photos/${"x".repeat(90)}.jpg`,
    },
  },
  {
    type: "task-progressed",
    task: { stage: 0, split: 0 },
    attempt: 1,
    progress: { accounting, busySeconds: { read: 1, "1-filter-blur": 3, write: 0 }, imagesDecoded: {} },
  },
];
const snapshot = events.reduce(
  (before, event, index) => reduceRun(before, event, index / 2),
  startingSnapshot({ stepIds: ["1-filter-blur"], stageCount: 1 }, 0),
);

describe("progressLines", () => {
  it("draws bar, rates, steps and workers", () => {
    expect(
      `\n${progressLines(snapshot, 5, { columns: 80, rows: 24, paint: plainPaint }).join("\n")}\n`,
    ).toMatchInlineSnapshot(`
      "
      ━━━━━━━━━━━━╸──────────────────────────────────────    25 %  5.0s
      1,000 read · 200/s · 3.81 MiB/s · 949 written · 50 dropped · 1 failed

      step              in  kept  dropped  failed  busy
      read           1,000   999                1  25 %
      1-filter-blur    999   949       50       0  75 %
      write            949   949                0   0 %

      worker 0  split 0  1-filter-blur  photos/xxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxx.jpg
      worker 1  idle
      "
    `);
  });

  it("fits any terminal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 250 }), fc.integer({ min: 4, max: 60 }), (columns, rows) => {
        const lines = progressLines(snapshot, 5, { columns, rows, paint: plainPaint });
        expect(lines.length).toBeLessThan(rows);
        for (const line of lines) expect(line.length).toBeLessThan(columns);
      }),
    );
  });

  it("says the same in one line of a log", () => {
    expect(progressLogLine(snapshot, 5)).toBe(
      "25 %  5.0s · 1,000 read · 200/s · 3.81 MiB/s · 949 written · 50 dropped · 1 failed · 0/2 splits",
    );
  });
});

describe("fitText", () => {
  it("lets no control character of the data reach the terminal, and never exceeds the width", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        const fitted = fitText(text, width);
        expect([...fitted].length).toBeLessThanOrEqual(width);
        expect(fitted).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("keeps both ends", () => expect(fitText("photos/2024/holiday/beach.jpg", 16)).toBe("photo…/beach.jpg"));
});
