import type { RunEvent } from "../contract/run-event.ts";
import { type RunState, runMetrics, runStates } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";
import { reduceRun } from "./run-progress.ts";
import { type RunSnapshot, startingSnapshot } from "./run-snapshot.ts";
import { finishedFraction } from "./run-totals.ts";

/** What is known of the latest run as a whole. */
export function collectRuns(
  registry: MetricRegistry,
  versions: { readonly version: string; readonly node: string },
  now: () => number,
): (event: RunEvent) => void {
  const state = registry.gauge(runMetrics.runState);
  const started = registry.gauge(runMetrics.runStarted);
  const finished = registry.counter(runMetrics.runsFinished);
  const progress = registry.gauge(runMetrics.progress);
  const inputBytes = registry.gauge(runMetrics.inputBytes);
  const inputSplits = registry.gauge(runMetrics.inputSplits);
  let snapshot: RunSnapshot | undefined;
  let current: RunState = "idle";
  const enter = (next: RunState) => {
    current = next;
    for (const one of runStates) state.set({ state: one }, one === next ? 1 : 0);
  };
  registry.gauge(runMetrics.buildInfo).set({ version: versions.version, node_version: versions.node }, 1);
  for (const outcome of ["succeeded", "failed", "interrupted"]) finished.inc({ outcome }, 0);
  started.remove();
  enter(current);
  return (event) => {
    if (event.type === "run-started") snapshot = startingSnapshot({ stepIds: [], stageCount: event.stages }, now());
    if (snapshot !== undefined) {
      snapshot = reduceRun(snapshot, event, now());
      // Tasks that try failed samples again stand behind the last stage.
      progress.set(Math.min(1, finishedFraction(snapshot)));
    }
    switch (event.type) {
      case "run-started":
        enter("starting");
        started.set(now());
        break;
      case "input-listed":
        inputBytes.set(event.bytes);
        inputSplits.set(event.splits);
        break;
      case "stage-started":
        if (current !== "draining") enter("running");
        break;
      case "drain-started":
        enter("draining");
        break;
      case "run-finished":
        finished.inc({ outcome: event.summary.outcome });
        enter(event.summary.outcome);
        break;
      default:
    }
  };
}
