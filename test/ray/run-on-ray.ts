import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { missingRay, type RayCluster, rayPython } from "../../scripts/ray-cluster.ts";
import type { RunEvent, RunSummary } from "../../src/contract/run-event.ts";
import type { RunSettings } from "../../src/contract/run-settings.ts";
import { linkPatience } from "../../src/executors/ray/frame-link.ts";
import { JobLauncher } from "../../src/executors/ray/job-launcher.ts";
import { ProcessLauncher } from "../../src/executors/ray/process-launcher.ts";
import { createRayExecutor, type RayExecutorOptions } from "../../src/executors/ray/ray-executor.ts";
import { datasetDigest, runPipeline } from "../integration/run-pipeline.ts";

/** Why tests with Ray are skipped; fails where CI says that they must run. */
export const missing = missingRay();
if (missing !== undefined && process.env.PIPELINE_TEST_NEEDS_RAY === "1") throw new Error(missing);

const catalogModule = new URL("../../src/builtin-catalog.ts", import.meta.url);
const operators = fileURLToPath(new URL("../fixtures/operators/", import.meta.url));

/** A step of one of the operators that tests have, in YAML. */
export function moduleStep(name: string, options: object, declared: object = {}): string {
  return `  - map-module: ${JSON.stringify({ module: path.join(operators, `${name}.ts`), options, ...declared })}\n`;
}

/** Writes records into a folder, and answers the pipeline that reads them in splits of about fifteen. */
export async function pipelineOver(
  folder: string,
  records: number,
  steps: string,
  more = "",
): Promise<{ readonly text: string }> {
  const input = path.join(folder, "input");
  await mkdir(input, { recursive: true });
  const lines = Array.from({ length: records }, (_, n) =>
    JSON.stringify({ text: `number ${n} ${"x".repeat(100)}`, n }),
  );
  await writeFile(path.join(input, "records.jsonl"), `${lines.join("\n")}\n`);
  return {
    text: `source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 2KiB } }\nsteps:\n${steps}sink: { webdataset: {} }\n${more}`,
  };
}

export interface RayRun {
  readonly summary: RunSummary;
  readonly events: readonly RunEvent[];
  readonly digest: ReadonlyMap<string, string>;
}

interface RayRunOptions {
  readonly by?: "process" | "job";
  readonly settings?: Partial<RunSettings>;
  readonly executor?: Partial<RayExecutorOptions>;
  readonly onEvent?: (
    event: RunEvent,
    run: { drain(signal: string): void; abort(): void },
    events: readonly RunEvent[],
  ) => void;
}

/** The executor as the command line makes it, for a cluster of the test's. */
export function executorOn(cluster: RayCluster, settings: RunSettings, { by = "process", executor }: RayRunOptions) {
  const launcher =
    by === "process"
      ? new ProcessLauncher({ python: rayPython, address: cluster.gcs, patience: linkPatience })
      : new JobLauncher({
          url: cluster.dashboard,
          token: cluster.environment.RAY_AUTH_TOKEN,
          callbackHost: undefined,
          callbackPort: 0,
          patience: linkPatience,
        });
  return createRayExecutor({
    launcher,
    callbackHost: undefined,
    callbackPort: 0,
    catalogModule,
    minWorkers: settings.minWorkers,
    workers: settings.workers,
    preflightResources: { cpus: 1, gpus: 0, memoryBytes: 0, labels: {} },
    ...executor,
  });
}

/** Runs pipeline text on a cluster, in this process. */
export async function runOnRay(
  cluster: RayCluster,
  text: string,
  output: string,
  options: RayRunOptions = {},
): Promise<RayRun> {
  const events: RunEvent[] = [];
  const summary = await runPipeline(text, output, {
    settings: { workers: 16, minWorkers: 1, ...options.settings },
    executor: (settings) => executorOn(cluster, settings, options),
    onEvent: (event, run) => {
      events.push(event);
      options.onEvent?.(event, run, events);
    },
  });
  return { summary, events, digest: await datasetDigest(output) };
}

/** What the same pipeline gives on this machine. */
export async function runHere(text: string, output: string, settings: Partial<RunSettings> = {}): Promise<RayRun> {
  const events: RunEvent[] = [];
  const summary = await runPipeline(text, output, { settings, onEvent: (event) => events.push(event) });
  return { summary, events, digest: await datasetDigest(output) };
}

/** The n-th event of a type has just happened. */
export function isNth(events: readonly RunEvent[], type: RunEvent["type"], n: number): boolean {
  return events.at(-1)?.type === type && events.filter((event) => event.type === type).length === n;
}

/** A run that lost nothing, and gave what an undisturbed one gives. */
export function expectSame(actual: RayRun, expected: RayRun): void {
  expect(actual.summary.error).toBeNull();
  expect(actual.summary).toMatchObject({ outcome: "succeeded", failedTasks: [] });
  expect(actual.summary.accounting).toEqual(expected.summary.accounting);
  expect(actual.digest).toEqual(expected.digest);
}
