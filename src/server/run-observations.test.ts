import { expect, test } from "vitest";
import { emptyAccounting } from "../contract/accounting.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { errorRecord, PipelineError } from "../model/errors.ts";
import { reduceRun } from "../telemetry/run-progress.ts";
import { startingSnapshot } from "../telemetry/run-snapshot.ts";
import { RunObservations } from "./run-observations.ts";

const limits = { checkpointIntervalSeconds: 2, stallTimeoutSeconds: 60, maxFailureRatio: 0.5, output: "/out" };
const task = { stage: 0, split: 3 };
const stalled: RunEvent = {
  type: "worker-stalled",
  worker: 1,
  stall: {
    whereabouts: null,
    sample: "a.jpg",
    waitsFor: "operator",
    explanation: "step 2-filter-blur has not answered for 60 s for sample a.jpg",
    seconds: 60,
  },
};
const finished: RunEvent = {
  type: "task-finished",
  receipt: { ...task, attempt: 1, shards: [], accounting: emptyAccounting, seconds: 1 },
};

function observed(...events: readonly (readonly [at: number, RunEvent])[]) {
  const observations = new RunObservations();
  for (const [at, event] of events) observations.onEvent(event, at);
  return (at: number) => observations.checks(undefined, limits, at, "2026-01-01T00:00:00.000Z");
}

test("a stalled worker warns with its sentence until it gets another task, is lost, or the stall is told no more", () => {
  const check = observed([100, stalled]);
  expect(check(110)["progress:stall"]).toMatchObject([
    { componentId: "worker 1", observedValue: 70, status: "warn", output: expect.stringContaining("2-filter-blur") },
  ]);
  expect(check(251)["progress:stall"]).toMatchObject([{ observedValue: 0, status: "pass" }]);
  for (const event of [
    { type: "task-started", worker: 1, task, attempt: 2 },
    { type: "worker-lost", worker: 1, end: "timeout", reason: "" },
  ] as const)
    expect(observed([100, stalled], [101, event])(102)["progress:stall"]).toMatchObject([{ status: "pass" }]);
  const other: RunEvent = { type: "task-started", worker: 0, task, attempt: 1 };
  expect(observed([100, stalled], [101, other])(102)["progress:stall"]).toMatchObject([{ status: "warn" }]);
});

test("the age of the last checkpoint warns only while a finished task waits for the next one", () => {
  const written: RunEvent = { type: "checkpoint-written", name: "checkpoint_000002", tasks: 1, seconds: 0.1 };
  expect(observed([0, written])(5000)["checkpoint:age"]).toMatchObject([
    { componentId: "checkpoint_000002", observedValue: 5000, status: "pass" },
  ]);
  expect(observed([0, written], [10, finished])(39)["checkpoint:age"]).toMatchObject([{ status: "pass" }]);
  expect(observed([0, written], [10, finished])(41)["checkpoint:age"]).toMatchObject([
    { status: "warn", output: expect.stringContaining("31 s") },
  ]);
  expect(observed([10, finished], [20, written])(5000)["checkpoint:age"]).toMatchObject([{ status: "pass" }]);
});

test("a checkpoint that failed is counted, and warns until one is written", () => {
  const error = errorRecord(new PipelineError("STORAGE_FULL", "no space left"));
  const failed: RunEvent = { type: "checkpoint-failed", error };
  const written: RunEvent = { type: "checkpoint-written", name: "checkpoint_000002", tasks: 1, seconds: 0.1 };
  expect(observed([0, failed])(1)["checkpoint:failures"]).toMatchObject([
    { observedValue: 1, status: "warn", output: "STORAGE_FULL: no space left" },
  ]);
  expect(observed([0, failed], [1, written])(2)["checkpoint:failures"]).toMatchObject([
    { observedValue: 1, status: "pass" },
  ]);
});

test("failed samples warn above half of what the run bears, once there are enough of them to tell", () => {
  const ratioOf = (read: number, failed: number) => {
    const plan = { stepIds: ["1-x"], stageCount: 1 };
    const accounting = { ...emptyAccounting, read, unreadable: { INPUT_CORRUPT: failed } };
    const progressed: RunEvent = {
      type: "task-progressed",
      task,
      attempt: 1,
      progress: { accounting, busySeconds: {}, imagesDecoded: {} },
    };
    const events: readonly RunEvent[] = [{ type: "task-started", worker: 0, task, attempt: 1 }, progressed];
    const snapshot = events.reduce((before, event) => reduceRun(before, event, 0), startingSnapshot(plan, 0));
    return new RunObservations().checks(snapshot, limits, 0, "")["samples:failureRatio"];
  };
  expect(ratioOf(1000, 240)).toMatchObject([{ observedValue: 0.24, status: "pass" }]);
  expect(ratioOf(1000, 260)).toMatchObject([{ observedValue: 0.26, status: "warn" }]);
  expect(ratioOf(100, 90)).toMatchObject([{ observedValue: 0.9, status: "pass" }]);
});
