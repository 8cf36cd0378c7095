import process from "node:process";
import { builtinCatalog } from "./builtin-catalog.ts";
import { catalogModule } from "./cli/catalog-module.ts";
import { readPipelineFile } from "./cli/pipeline-input.ts";
import type { RunEvent, RunSummary } from "./contract/run-event.ts";
import { startRun } from "./coordinator/run.ts";
import { chooseExecutor } from "./executors/choose-executor.ts";
import { createExecutor, executorLimits } from "./executors/create-executor.ts";
import type { Pipeline } from "./pipeline-builder.ts";
import { type ResolvedPipeline, resolvePipeline } from "./plan/resolve-pipeline.ts";
import { completeSettings } from "./plan/resolved-settings.ts";
import type { Flags } from "./plan/settings-overrides.ts";

export interface PlanOptions {
  /** Values that go before those of the pipeline and of the environment; as the flags of the command line. */
  readonly overrides?: Flags;
  /** Where OUTPUT_PATH and the PIPELINE_ variables are looked up; `process.env`, say. Nowhere unless given. */
  readonly environment?: { readonly [name: string]: string | undefined };
}

export interface RunPipelineOptions extends PlanOptions {
  /**
   * Where tasks run: in worker processes on this machine, or in a Ray cluster, whose address is that of its dashboard, of
   * its GCS on this node, or `auto`. `environment` is asked where this says nothing: RAY_API_SERVER_ADDRESS, RAY_ADDRESS.
   */
  readonly executor?: "local" | { readonly rayAddress: string };
  /** Called with everything that happens, in order. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
  /** Aborting begins no further task, finishes and checkpoints the running ones and ends as interrupted. */
  readonly signal?: AbortSignal;
}

/**
 * Checks a pipeline, or the pipeline file at a path, from end to end without touching its input or output.
 * Rejects with one PipelineError that lists every mistake.
 */
export async function plan(pipeline: Pipeline | string, options: PlanOptions = {}): Promise<ResolvedPipeline> {
  const workingFolder = process.cwd();
  const shared = {
    workingFolder,
    catalog: builtinCatalog,
    flags: options.overrides ?? {},
    flagsFrom: "code",
    environment: options.environment ?? {},
  } as const;
  if (typeof pipeline === "string") return resolvePipeline({ ...shared, ...(await readPipelineFile(pipeline)) });
  const document = pipeline.toPipelineFile();
  return resolvePipeline({ ...shared, document, writtenBy: "code", baseFolder: workingFolder });
}

/**
 * Runs a pipeline, or the pipeline file at a path, in worker processes on this machine or in a cluster; the same call
 * resumes what was interrupted. Resolves with how it ended, failed runs too: look at `outcome` and `error`.
 * Rejects with a PipelineError when it could not begin.
 */
export async function run(pipeline: Pipeline | string, options: RunPipelineOptions = {}): Promise<RunSummary> {
  const resolved = await plan(pipeline, options);
  const asked = options.executor ?? {};
  const choice = await chooseExecutor(asked === "local" ? { executor: asked } : asked, options.environment ?? {});
  const settings = completeSettings(resolved.settings, executorLimits(choice, resolved.settings.workers));
  const active = startRun({
    plan: resolved.plan,
    catalog: builtinCatalog,
    executor: await createExecutor(choice, { ...settings, catalogModule }),
    settings,
    onEvent: options.onEvent ?? (() => {}),
  });
  const drain = () => active.drain("abort");
  if (options.signal?.aborted === true) drain();
  options.signal?.addEventListener("abort", drain, { once: true });
  try {
    return await active.finished;
  } finally {
    options.signal?.removeEventListener("abort", drain);
  }
}
