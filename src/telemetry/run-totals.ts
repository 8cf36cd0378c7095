import { type Accounting, addAccounting, emptyAccounting, joinStages } from "../contract/accounting.ts";
import type { RunSnapshot, StageState } from "./run-snapshot.ts";

export type Seconds = { readonly [stepId: string]: number };

/** Sums by step id. */
export function addSeconds(a: Seconds, b: Seconds): Seconds {
  const sum: { [stepId: string]: number } = { ...a };
  for (const [id, seconds] of Object.entries(b)) sum[id] = (sum[id] ?? 0) + seconds;
  return sum;
}

/** Busy seconds of this session by step id, `read` and `write` beside them. */
export function busySeconds(snapshot: RunSnapshot): Seconds {
  let sum = snapshot.finishedBusySeconds;
  for (const task of snapshot.running.values())
    if (task.progress !== null) sum = addSeconds(sum, task.progress.busySeconds);
  return sum;
}

/**
 * Accounts of this session so far, finished and running tasks together: what the first stage read,
 * what every step did, what the last stage wrote.
 */
export function runningAccounting(snapshot: RunSnapshot): Accounting {
  return joinStages(Array.from({ length: snapshot.stageCount }, (_, stage) => stageAccounting(snapshot, stage)));
}

function stageAccounting(snapshot: RunSnapshot, stage: number): Accounting {
  let sum = snapshot.finished[stage] ?? emptyAccounting;
  for (const task of snapshot.running.values()) {
    if (task.stage === stage && task.progress !== null) sum = addAccounting(sum, task.progress.accounting);
  }
  return sum;
}

/** How much of the run is done, 0 to 1: stages count alike, the first by its bytes, the others by their tasks. */
export function finishedFraction(snapshot: RunSnapshot): number {
  if (snapshot.phase === "finished")
    return snapshot.summary?.outcome === "succeeded" ? 1 : (snapshot.marks.at(-1)?.fraction ?? 0);
  const { stage, stageCount } = snapshot;
  if (stage === null) return 0;
  if (stage.tasks === 0 || stage.finishedTasks >= stage.tasks) return (stage.index + 1) / stageCount;
  return (stage.index + Math.min(0.999, stageFraction(snapshot, stage))) / stageCount;
}

function stageFraction(snapshot: RunSnapshot, stage: StageState): number {
  const byTasks = stage.finishedTasks / stage.tasks;
  const inputBytes = snapshot.input?.bytes ?? 0;
  if (stage.index > 0 || inputBytes === 0) return byTasks;
  const { bytesRead } = stageAccounting(snapshot, 0);
  if (bytesRead === 0) return byTasks;
  // What earlier sessions finished is not in this session's bytes: its splits count as average ones.
  return stage.resumedTasks / stage.tasks + bytesRead / inputBytes;
}
