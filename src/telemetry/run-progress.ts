import { addAccounting, emptyAccounting } from "../contract/accounting.ts";
import { taskKey } from "../contract/receipt.ts";
import type { RunEvent } from "../contract/run-event.ts";
import type { Mark, RunningTask, RunSnapshot, WorkerState } from "./run-snapshot.ts";
import { addSeconds, finishedFraction, runningAccounting } from "./run-totals.ts";

const windowSeconds = 60;
const markEverySeconds = 0.5;

/**
 * The snapshot after an event that happened at `at` (seconds of any steady clock). Pure: the same
 * events give the same snapshot. Counts are cumulative per task, so a lost `task-progressed` costs nothing.
 */
export function reduceRun(before: RunSnapshot, event: RunEvent, at: number): RunSnapshot {
  switch (event.type) {
    case "run-started":
      return {
        ...before,
        runId: event.runId,
        destination: event.destination,
        resumedTasks: event.resumed?.finishedTasks ?? 0,
      };
    case "input-listed":
      return { ...before, input: { splits: event.splits, bytes: event.bytes, samples: event.samples } };
    case "stage-started":
      return {
        ...before,
        phase: before.phase === "starting" ? "running" : before.phase,
        stage: {
          index: event.stage,
          tasks: event.tasks,
          finishedTasks: event.finishedTasks,
          resumedTasks: event.finishedTasks,
        },
      };
    case "worker-started":
      return withWorker(before, { worker: event.worker, processId: event.processId, activity: { doing: "idle" } });
    case "cluster-changed":
      return { ...before, cluster: event.cluster };
    case "rolled-back":
    case "storage-requests":
    case "disk-space-short":
    case "worker-output":
    case "worker-stalled":
    case "worker-memory":
    case "checkpoint-failed":
    case "sample-condemned":
      return before;
    case "worker-lost":
      return withWorker(before, { worker: event.worker, processId: null, activity: { doing: "stopped" } });
    case "worker-activity":
      return withWorker(before, {
        worker: event.worker,
        processId: before.workers.get(event.worker)?.processId ?? null,
        activity: event.activity,
      });
    case "task-started":
      return withWorker(
        withRunning(before, taskKey(event.task), { stage: event.task.stage, attempt: event.attempt, progress: null }),
        {
          worker: event.worker,
          processId: before.workers.get(event.worker)?.processId ?? null,
          activity: { doing: "task", task: event.task, step: "read", sample: "" },
        },
      );
    case "task-progressed":
      // A late report of an attempt that has ended counts nothing.
      if (before.running.get(taskKey(event.task))?.attempt !== event.attempt) return before;
      return marked(
        withRunning(before, taskKey(event.task), {
          stage: event.task.stage,
          attempt: event.attempt,
          progress: event.progress,
        }),
        at,
      );
    case "task-finished":
      return marked(afterTask(before, event.receipt), at);
    case "task-failed":
      return {
        ...before,
        running: without(before.running, taskKey(event.task)),
        retries: before.retries + (event.willRetry ? 1 : 0),
      };
    case "checkpoint-written":
      return { ...before, checkpoint: event.name };
    case "drain-started":
      return { ...before, phase: "draining" };
    case "run-finished":
      return { ...before, phase: "finished", running: new Map(), summary: event.summary };
  }
}

function withWorker(before: RunSnapshot, state: WorkerState): RunSnapshot {
  return { ...before, workers: new Map(before.workers).set(state.worker, state) };
}

function withRunning(before: RunSnapshot, key: string, task: RunningTask): RunSnapshot {
  return { ...before, running: new Map(before.running).set(key, task) };
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

function afterTask(before: RunSnapshot, receipt: Extract<RunEvent, { type: "task-finished" }>["receipt"]): RunSnapshot {
  const key = taskKey(receipt);
  const finished = Array.from({ length: Math.max(before.finished.length, receipt.stage + 1) }, (_, stage) => {
    const accounting = before.finished[stage] ?? emptyAccounting;
    return stage === receipt.stage ? addAccounting(accounting, receipt.accounting) : accounting;
  });
  const busy = before.running.get(key)?.progress?.busySeconds ?? {};
  return {
    ...before,
    running: without(before.running, key),
    finished,
    finishedBusySeconds: addSeconds(before.finishedBusySeconds, busy),
    stage:
      before.stage?.index === receipt.stage
        ? { ...before.stage, finishedTasks: before.stage.finishedTasks + 1 }
        : before.stage,
  };
}

function marked(snapshot: RunSnapshot, at: number): RunSnapshot {
  const last = snapshot.marks.at(-1);
  if (last !== undefined && at - last.at < markEverySeconds) return snapshot;
  const accounting = runningAccounting(snapshot);
  const mark: Mark = {
    at,
    samples: accounting.read,
    bytes: accounting.bytesRead,
    fraction: finishedFraction(snapshot),
  };
  return { ...snapshot, marks: [...snapshot.marks.filter((old) => at - old.at <= windowSeconds), mark] };
}
