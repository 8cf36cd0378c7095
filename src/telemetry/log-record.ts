import { type Accounting, totalsOf } from "../contract/accounting.ts";
import type { ClusterState } from "../contract/executor.ts";
import type { TaskId } from "../contract/receipt.ts";
import type { RunEvent, RunSummary } from "../contract/run-event.ts";
import { formatBytes } from "../contract/units.ts";
import type { ErrorRecord } from "../model/errors.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { formatCount, formatDuration } from "./format-quantity.ts";
import type { LogLevel } from "./log-level.ts";

/** One line of the log before it gets its time. `fields` hold what a machine looks for, under the same names everywhere. */
export interface LogRecord {
  readonly level: Exclude<LogLevel, "silent">;
  readonly message: string;
  readonly fields: JsonObject;
}

/** What an event is in the log. Pure. */
export function logRecordOf(event: RunEvent): LogRecord {
  switch (event.type) {
    case "run-started": {
      const { runId: run, planHash, destination, stages, resumed } = event;
      const message =
        resumed === null ? "run started" : `run resumed: ${tasksText(resumed.finishedTasks)} done already`;
      return record("info", message, { run, planHash, destination, stages, resumed });
    }
    case "rolled-back": {
      const { to: checkpoint, finishedTasks, undoneTasks } = event;
      return record("warn", `went back to ${checkpoint}`, { checkpoint, finishedTasks, undoneTasks });
    }
    case "input-listed": {
      const { splits, bytes, samples } = event;
      return record("info", `input listed: ${formatCount(splits)} splits, ${formatBytes(bytes)}`, {
        splits,
        bytes,
        samples,
      });
    }
    case "disk-space-short": {
      const { folder, freeBytes, estimatedBytes } = event;
      return record("warn", `${folder} may be too small for the output`, { folder, freeBytes, estimatedBytes });
    }
    case "stage-started": {
      const { stage, tasks, finishedTasks } = event;
      return record("info", `stage ${stage} started: ${tasksText(tasks)}`, { stage, tasks, finishedTasks });
    }
    case "checkpoint-written": {
      const { name: checkpoint, tasks, seconds } = event;
      return record("info", `${checkpoint} written: ${tasksText(tasks)}`, { checkpoint, tasks, seconds });
    }
    case "checkpoint-failed":
      return record("error", "no checkpoint could be written", errorFields(event.error));
    case "drain-started":
      return record("warn", `${event.signal}: finishing what is running`, { signal: event.signal });
    case "run-finished":
      return finishedRecord(event.summary);
    case "cluster-changed":
      return clusterRecord(event.cluster);
    case "storage-requests":
      return record("trace", "requests to storage", { requests: [...event.requests] });
    case "worker-started":
    case "worker-output":
    case "worker-lost":
    case "worker-stalled":
    case "worker-memory":
    case "worker-activity":
      return workerRecord(event);
    case "task-started":
    case "task-progressed":
    case "task-finished":
    case "task-failed":
    case "sample-condemned":
      return taskRecord(event);
  }
}

function clusterRecord(cluster: ClusterState): LogRecord {
  const { nodes, workers, pending, problem } = cluster;
  if (problem !== null) return record("warn", problem, { nodes, workers, pending });
  const count = `${formatCount(workers)} workers on ${formatCount(nodes)} nodes`;
  return record("debug", `${count}, ${formatCount(pending)} to come`, { nodes, workers, pending });
}

function workerRecord(event: Extract<RunEvent, { type: `worker-${string}` }>): LogRecord {
  const { worker } = event;
  switch (event.type) {
    case "worker-started": {
      const { processId, node } = event;
      const where = node === null ? "" : ` on ${node}`;
      return record("info", `worker ${worker} started${where}`, {
        worker,
        processId,
        ...(node === null ? {} : { node }),
      });
    }
    case "worker-output":
      return record("info", event.text.trimEnd(), { worker });
    case "worker-lost":
      return record("warn", `worker ${worker} was lost: ${event.reason}`, { worker, end: event.end });
    case "worker-stalled": {
      const { whereabouts, sample, waitsFor, explanation, seconds } = event.stall;
      const place = whereabouts === null ? {} : { ...taskFields(whereabouts), step: whereabouts.step };
      return record("warn", `worker ${worker} has not got on for ${formatDuration(seconds)}: ${explanation}`, {
        worker,
        ...place,
        sample,
        waitsFor,
        seconds,
      });
    }
    case "worker-memory": {
      const { residentBytes, grownBytes } = event;
      const growth = `${formatBytes(Math.abs(grownBytes))} ${grownBytes < 0 ? "less" : "more"} than when it started`;
      const message = `worker ${worker} holds ${formatBytes(residentBytes)}, ${growth}`;
      return record("info", message, { worker, residentBytes, grownBytes });
    }
    case "worker-activity": {
      const { activity } = event;
      if (activity.doing !== "task") return record("trace", `worker ${worker} is ${activity.doing}`, { worker });
      const { task, step, sample } = activity;
      return record("trace", `worker ${worker} works at ${step}`, { worker, ...taskFields(task), step, sample });
    }
  }
}

function taskRecord(event: Extract<RunEvent, { type: `task-${string}` | "sample-condemned" }>): LogRecord {
  if (event.type === "task-finished") {
    const { receipt } = event;
    return record("debug", `${taskText(receipt)} finished`, {
      ...taskFields(receipt),
      attempt: receipt.attempt,
      shards: receipt.shards.map((shard) => shard.name),
      seconds: receipt.seconds,
      ...countFields(receipt.accounting),
    });
  }
  const { task } = event;
  switch (event.type) {
    case "task-started": {
      const { worker, attempt } = event;
      return record("debug", `${taskText(task)} started`, { worker, ...taskFields(task), attempt });
    }
    case "task-progressed": {
      const { attempt, progress } = event;
      return record("trace", `${taskText(task)} got on`, {
        ...taskFields(task),
        attempt,
        ...countFields(progress.accounting),
      });
    }
    case "task-failed": {
      const { attempt, error, willRetry } = event;
      const next = willRetry ? "it is tried again" : "it is given up";
      return record(willRetry ? "warn" : "error", `${taskText(task)} failed: ${error.message}; ${next}`, {
        ...taskFields(task),
        attempt,
        willRetry,
        ...errorFields(error),
      });
    }
    case "sample-condemned": {
      const { position, step, child, error } = event.sample;
      return record("warn", `sample ${position + 1} of ${taskText(task)} is quarantined: ${error.message}`, {
        ...taskFields(task),
        position,
        step,
        child,
        ...errorFields(error),
      });
    }
  }
}

function finishedRecord(summary: RunSummary): LogRecord {
  const { outcome, destination, accounting, shards, shardBytes, failedTasks, error, seconds, wasComplete } = summary;
  const level = { succeeded: "info", interrupted: "warn", failed: "error" } as const;
  const why = error === null ? "" : `: ${error.message}`;
  return record(level[outcome], `run ${outcome} after ${formatDuration(seconds)}${why}`, {
    outcome,
    destination,
    ...countFields(accounting),
    shards,
    shardBytes,
    failedTasks: failedTasks.length,
    seconds,
    wasComplete,
    ...(error === null ? {} : errorFields(error)),
  });
}

function record(level: LogRecord["level"], message: string, fields: JsonObject): LogRecord {
  return { level, message, fields };
}

function taskFields({ stage, split }: TaskId): { readonly [name: string]: number } {
  return { stage, split };
}

/** Numbers of samples, and what was read of them. */
function countFields(accounting: Accounting): JsonObject {
  return { counts: { ...totalsOf(accounting), bytesRead: accounting.bytesRead } };
}

function errorFields({ code, message, details, isRetryable, stack, causes }: ErrorRecord): JsonObject {
  const sample: Json | undefined = details.sample ?? details.id;
  return {
    code,
    ...(typeof sample === "string" ? { sample } : {}),
    error: { message, details, isRetryable, stack, causes: [...causes] },
  };
}

function taskText({ stage, split }: TaskId): string {
  return `stage ${stage} split ${split}`;
}

function tasksText(tasks: number): string {
  return tasks === 1 ? "1 task" : `${formatCount(tasks)} tasks`;
}
