import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import type { Catalog } from "../../src/contract/catalog.ts";
import type { Executor } from "../../src/contract/executor.ts";
import type { RunEvent, RunSummary } from "../../src/contract/run-event.ts";
import type { RunSettings } from "../../src/contract/run-settings.ts";
import { startRun } from "../../src/coordinator/run.ts";
import { createLocalExecutor } from "../../src/executors/local/local-executor.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";

/** A folder of the test's own, removed when it ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "pipeline-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export { datasetDigest } from "../fixtures/dataset-digest.ts";

interface RunOptions {
  /** Instead of the built-in components; workers import the module. */
  readonly catalog?: { readonly value: Catalog; readonly module: URL };
  readonly settings?: Partial<RunSettings>;
  /** Instead of worker processes on this machine. */
  readonly executor?: (settings: RunSettings) => Executor;
  readonly onEvent?: (event: RunEvent, run: { drain(signal: string): void; abort(): void }) => void;
}

/** Runs pipeline text with real worker processes; `output` is where its dataset goes. */
export async function runPipeline(text: string, output: string, options: RunOptions = {}): Promise<RunSummary> {
  const builtin = { value: builtinCatalog, module: new URL("../../src/builtin-catalog.ts", import.meta.url) };
  const catalog = options.catalog ?? builtin;
  const resolved = await resolvePipeline({
    text,
    fileName: "test.yaml",
    baseFolder: output,
    catalog: catalog.value,
    flags: {},
    environment: {},
  });
  const settings: RunSettings = {
    output,
    checkpoints: `${output}/.checkpoints`,
    workers: 2,
    minWorkers: 1,
    resources: resolved.settings.resources,
    memoryBudgetBytes: 64 * 2 ** 20,
    batchSize: 64,
    maxAttempts: 3,
    maxFailureRatio: 1,
    checkpointIntervalSeconds: 0.05,
    keepCheckpoints: 5,
    sampleTimeoutSeconds: 300,
    stallTimeoutSeconds: 60,
    ...options.settings,
  };
  const run = startRun({
    plan: resolved.plan,
    catalog: catalog.value,
    executor:
      options.executor?.(settings) ?? createLocalExecutor({ workers: settings.workers, catalogModule: catalog.module }),
    settings,
    onEvent: (event) => options.onEvent?.(event, run),
  });
  return run.finished;
}
