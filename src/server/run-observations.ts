import { totalsOf } from "../contract/accounting.ts";
import type { ClusterState, Stall } from "../contract/executor.ts";
import type { RunEvent } from "../contract/run-event.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import type { RunSnapshot } from "../telemetry/run-snapshot.ts";
import { runningAccounting } from "../telemetry/run-totals.ts";
import type { HealthChecks, HealthEntry } from "./health-report.ts";

/** What a run is held to. */
export type RunLimits = Pick<
  RunSettings,
  "checkpointIntervalSeconds" | "stallTimeoutSeconds" | "maxFailureRatio" | "output"
>;

/** A finished task may wait this many checkpoint intervals for its checkpoint, and this many seconds at least. */
const patientIntervals = 10;
const patientSeconds = 30;
/** A stall is told again each time that `stallTimeout` has passed: untold for longer than this many, it is over. */
const stallMemory = 2.5;
/** Fewer samples tell nothing about their ratio. */
const minSamplesToJudge = 200;

/** What the events of the runs of this process say about their health. Times are seconds of any steady clock. */
export class RunObservations {
  readonly #stalls = new Map<number, { readonly stall: Stall; readonly at: number }>();
  #begunAt: number | undefined;
  #checkpointAt: number | undefined;
  #checkpoint: string | undefined;
  /** When the first task finished that no checkpoint lists yet. */
  #uncommittedSince: number | undefined;
  #checkpointFailures = 0;
  #checkpointFailure: string | undefined;
  #cluster: ClusterState | undefined;

  onEvent(event: RunEvent, at: number): void {
    switch (event.type) {
      case "run-started":
        this.#begunAt = at;
        this.#stalls.clear();
        this.#uncommittedSince = undefined;
        break;
      case "task-finished":
        this.#uncommittedSince ??= at;
        break;
      case "checkpoint-written":
        this.#checkpointAt = at;
        this.#checkpoint = event.name;
        this.#uncommittedSince = undefined;
        this.#checkpointFailure = undefined;
        break;
      case "checkpoint-failed":
        this.#checkpointFailures++;
        this.#checkpointFailure = `${event.error.code}: ${event.error.message}`;
        break;
      case "worker-stalled":
        this.#stalls.set(event.worker, { stall: event.stall, at });
        break;
      case "task-started":
      case "worker-lost":
        this.#stalls.delete(event.worker);
        break;
      case "cluster-changed":
        this.#cluster = event.cluster;
        break;
      case "run-finished":
        this.#stalls.clear();
        this.#uncommittedSince = undefined;
        this.#cluster = undefined;
        break;
      default:
    }
  }

  checks(snapshot: RunSnapshot | undefined, limits: RunLimits | undefined, at: number, time: string): HealthChecks {
    return {
      "checkpoint:age": [this.#age(limits, at, time)],
      "checkpoint:failures": [this.#failures(time)],
      "progress:stall": this.#stalled(limits, at, time),
      ...(this.#cluster === undefined ? {} : clusterChecks(this.#cluster, time)),
      ...(snapshot === undefined ? {} : sampleChecks(snapshot, limits, time)),
    };
  }

  #age(limits: RunLimits | undefined, at: number, time: string): HealthEntry {
    const since = this.#checkpointAt ?? this.#begunAt;
    const patience = Math.max(patientSeconds, patientIntervals * (limits?.checkpointIntervalSeconds ?? 0));
    const waiting = this.#uncommittedSince === undefined ? 0 : at - this.#uncommittedSince;
    return {
      componentType: "datastore",
      ...(this.#checkpoint === undefined ? {} : { componentId: this.#checkpoint }),
      ...(since === undefined ? {} : { observedValue: Math.round(at - since), observedUnit: "s" }),
      status: waiting > patience ? "warn" : "pass",
      time,
      ...(waiting > patience
        ? { output: `a finished task has waited ${Math.round(waiting)} s for the checkpoint that lists it` }
        : {}),
    };
  }

  #failures(time: string): HealthEntry {
    return {
      componentType: "datastore",
      observedValue: this.#checkpointFailures,
      observedUnit: "checkpoints",
      status: this.#checkpointFailure === undefined ? "pass" : "warn",
      time,
      ...(this.#checkpointFailure === undefined ? {} : { output: this.#checkpointFailure }),
    };
  }

  #stalled(limits: RunLimits | undefined, at: number, time: string): readonly HealthEntry[] {
    const forgotten = stallMemory * (limits?.stallTimeoutSeconds ?? 0);
    const entries: HealthEntry[] = [];
    for (const [worker, { stall, at: told }] of this.#stalls) {
      if (at - told > forgotten) {
        this.#stalls.delete(worker);
        continue;
      }
      entries.push({
        componentId: `worker ${worker}`,
        componentType: "component",
        observedValue: Math.round(stall.seconds + (at - told)),
        observedUnit: "s",
        status: "warn",
        time,
        output: stall.explanation,
      });
    }
    if (entries.length > 0) return entries;
    return [{ componentType: "component", observedValue: 0, observedUnit: "s", status: "pass", time }];
  }
}

function clusterChecks({ nodes, workers, problem }: ClusterState, time: string): HealthChecks {
  const status = problem === null ? "pass" : "warn";
  const told = problem === null ? {} : { output: problem };
  return {
    "ray:connections": [
      { componentType: "component", observedValue: workers, observedUnit: "workers", status, time, ...told },
    ],
    "ray:nodes": [{ componentType: "system", observedValue: nodes, observedUnit: "nodes", status: "pass", time }],
  };
}

function sampleChecks(snapshot: RunSnapshot, limits: RunLimits | undefined, time: string): HealthChecks {
  const totals = totalsOf(runningAccounting(snapshot));
  const samples = totals.read + totals.children;
  const ratio = samples === 0 ? 0 : totals.failed / samples;
  const limit = limits?.maxFailureRatio ?? 1;
  const isHigh = samples >= minSamplesToJudge && ratio > limit / 2;
  const { stage } = snapshot;
  return {
    "samples:failureRatio": [
      {
        componentType: "component",
        observedValue: Math.round(ratio * 1e4) / 1e4,
        observedUnit: "ratio",
        status: isHigh ? "warn" : "pass",
        time,
        ...(isHigh
          ? {
              output: `${totals.failed} of ${samples} samples failed; the run stops above ${limit} (run.maxFailureRatio)`,
            }
          : {}),
      },
    ],
    ...(stage === null
      ? {}
      : {
          "tasks:unfinished": [
            {
              componentId: `stage ${stage.index}`,
              componentType: "component",
              observedValue: Math.max(0, stage.tasks - stage.finishedTasks),
              observedUnit: "tasks",
              status: "pass",
              time,
            },
          ],
        }),
  };
}
