import type { Stall, WorkerEnd } from "../contract/executor.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { clusterMetrics, workerMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

const states = ["starting", "idle", "busy", "stopped"] as const;
const ends: readonly WorkerEnd[] = ["crash", "killed", "timeout", "memory"];
const waits: readonly Stall["waitsFor"][] = ["operator", "storage", "memory", "worker"];

/** What workers do, how they end and what they hold. */
export function collectWorkers(registry: MetricRegistry): (event: RunEvent) => void {
  const workers = registry.gauge(workerMetrics.workers);
  const starts = registry.counter(workerMetrics.workerStarts);
  const restarts = registry.counter(workerMetrics.workerRestarts);
  const stalls = registry.counter(workerMetrics.workerStalls);
  const memory = registry.gauge(workerMetrics.workerMemory);
  const nodes = registry.gauge(clusterMetrics.nodes);
  const pending = registry.gauge(clusterMetrics.pending);
  const condemned = registry.counter(workerMetrics.samplesCondemned);
  const stateOf = new Map<number, (typeof states)[number]>();
  const enter = (worker: number, next: (typeof states)[number]) => {
    if (stateOf.get(worker) === next) return;
    stateOf.set(worker, next);
    showStates();
    if (next === "stopped") memory.remove({ worker });
  };
  const showStates = () => {
    for (const state of states) {
      workers.set({ state }, [...stateOf.values()].filter((one) => one === state).length);
    }
  };
  // Rates are blind to a counter that appears with its first count.
  for (const reason of ends) restarts.inc({ reason }, 0);
  for (const waits_for of waits) stalls.inc({ waits_for }, 0);
  showStates();
  nodes.set(0);
  pending.set(0);
  return (event) => {
    switch (event.type) {
      case "worker-started":
        starts.inc();
        enter(event.worker, "starting");
        break;
      case "worker-activity":
        enter(event.worker, event.activity.doing === "task" ? "busy" : event.activity.doing);
        break;
      case "task-started":
        enter(event.worker, "busy");
        break;
      case "worker-lost":
        restarts.inc({ reason: event.end });
        enter(event.worker, "stopped");
        break;
      case "worker-stalled":
        stalls.inc({ waits_for: event.stall.waitsFor });
        break;
      case "cluster-changed":
        nodes.set(event.cluster.nodes);
        pending.set(event.cluster.pending);
        break;
      case "worker-memory":
        memory.set({ worker: event.worker }, event.residentBytes);
        break;
      case "sample-condemned":
        condemned.inc({ step: event.sample.step, code: event.sample.error.code });
        break;
      case "run-finished":
        for (const worker of stateOf.keys()) enter(worker, "stopped");
        break;
      default:
    }
  };
}
