import process from "node:process";
import type { RunEvent } from "../contract/run-event.ts";
import { collectCheckpoints } from "./checkpoint-collector.ts";
import { collectGpus } from "./gpu-collector.ts";
import { MetricRegistry } from "./metric-registry.ts";
import { collectRuns } from "./run-collector.ts";
import { collectStorage } from "./storage-collector.ts";
import { collectTasks } from "./task-collector.ts";
import { collectWorkers } from "./worker-collector.ts";

export interface RunMetrics {
  /** Takes in what happens, of one run after the other. No order of events lets a counter fall. */
  onEvent(event: RunEvent): void;
  /** What to answer with `text`. */
  readonly contentType: string;
  /** All metrics in the text format of Prometheus. */
  text(): Promise<string>;
}

interface RunMetricsOptions {
  /** Of the product. */
  readonly version: string;
  /** Seconds since 1970. */
  readonly now?: () => number;
}

/** The metrics of this process: one registry, fed by run events alone but for what Node and the GPUs say of themselves. */
export function createRunMetrics({ version, now = () => Date.now() / 1000 }: RunMetricsOptions): RunMetrics {
  const registry = new MetricRegistry();
  const collectors = [
    collectRuns(registry, { version, node: process.version }, now),
    collectTasks(registry),
    collectCheckpoints(registry, now),
    collectWorkers(registry),
    collectStorage(registry),
  ];
  collectGpus(registry, process.env.PATH ?? "");
  return {
    onEvent(event) {
      for (const collect of collectors) collect(event);
    },
    contentType: registry.contentType,
    text: () => registry.text(),
  };
}
