import { expect, test } from "vitest";
import { type Task, type TaskWhereabouts, WorkerLost } from "../contract/executor.ts";
import { PipelineError } from "../model/errors.ts";
import { Trials } from "./trials.ts";

const task: Task = { stage: 0, split: 4, attempt: 1, attemptId: "a1", input: { kind: "spool", shards: [] } };

function lostAt(first: number, step: string | null = null): WorkerLost {
  const whereabouts: TaskWhereabouts = {
    stage: 0,
    split: 4,
    phase: "working",
    inFlight: { first, end: first + 1 },
    step,
    child: null,
    isExact: step !== null,
  };
  return new WorkerLost("lost", { end: "crash", whereabouts, how: "it exited with code 42" });
}

test("attempts that find suspects and culprits in turn count nothing", () => {
  const trials = new Trials();
  for (const position of [3, 20, 40]) {
    expect(trials.fail(task, lostAt(position)).failures).toBe(0);
    expect(trials.fail(task, lostAt(position, "1-step")).failures).toBe(0);
  }
  expect(trials.figures).toEqual({ read: 40, condemned: 3 });
  trials.close(task);
  expect(trials.figures).toEqual({ read: 0, condemned: 0 });
});

test("suspect after suspect without a culprit counts: it is not the samples", () => {
  const trials = new Trials();
  expect([3, 20, 40].map((position) => trials.fail(task, lostAt(position)).failures)).toEqual([0, 1, 2]);
});

test("an error, and a worker that is lost twice over the same suspects, count", () => {
  const trials = new Trials();
  expect(trials.fail(task, lostAt(3)).failures).toBe(0);
  expect(trials.fail(task, lostAt(3)).failures).toBe(1);
  expect(trials.fail(task, new PipelineError("STORAGE_FAILED", "no answer", { isRetryable: true })).failures).toBe(2);
});
