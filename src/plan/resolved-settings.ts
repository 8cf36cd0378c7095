import type { StageResources } from "../contract/executor.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import { PipelineError } from "../model/errors.ts";
import { joinUri } from "../storage/uri.ts";
import type { RunOptions } from "./pipeline-file-schema.ts";
import { settingOverrides } from "./settings-overrides.ts";

/** Run settings as far as the pipeline file, flags and environment tell. */
export interface ResolvedSettings
  extends Omit<RunSettings, "output" | "checkpoints" | "workers" | "minWorkers" | "memoryBudgetBytes"> {
  /** Undefined until somebody says where the output goes: `check` and `describe` do without. */
  readonly output: string | undefined;
  readonly checkpoints: string | undefined;
  /** `auto`: for the machine to tell. */
  readonly workers: WorkerCount;
  readonly memoryBudgetBytes: number | "auto";
}

export type WorkerCount = RunOptions["workers"];

/** Workers that are asked for where there is room for so many. */
export function workersWithin(asked: WorkerCount, room: number): number {
  if (asked === "auto") return room;
  return typeof asked === "number" ? asked : Math.min(asked.max, Math.max(asked.min, room));
}

const checkpointsFolder = ".checkpoints";

/** `output` and `checkpoints` are absolute. Without a folder of its own, the ledger lies in the output folder. */
export function resolvedSettings(
  run: RunOptions,
  resources: readonly StageResources[],
  output: string | undefined,
  checkpoints: string | undefined,
): ResolvedSettings {
  return {
    output,
    checkpoints: checkpoints ?? (output === undefined ? undefined : joinUri(output, checkpointsFolder)),
    workers: run.workers,
    resources,
    memoryBudgetBytes: run.memoryBudget,
    batchSize: run.batchSize,
    maxAttempts: run.maxAttempts,
    maxFailureRatio: run.maxFailureRatio,
    checkpointIntervalSeconds: run.checkpointInterval,
    keepCheckpoints: run.checkpoints.keep,
    resumeFrom: run.resumeFrom,
    sampleTimeoutSeconds: run.sampleTimeout,
    stallTimeoutSeconds: run.stallTimeout,
  };
}

/**
 * Settings that a run can start with: `auto` gives way to what this machine allows.
 * Throws INVALID_OPTION when nobody said where the output goes.
 */
export function completeSettings(
  settings: ResolvedSettings,
  machine: { readonly workers: number; readonly memoryBudgetBytes: number },
): RunSettings {
  const { output, checkpoints } = settings;
  if (output === undefined || checkpoints === undefined) {
    const { flag, environment } = settingOverrides.output;
    throw new PipelineError(
      "INVALID_OPTION",
      `no output folder was given. Add \`output: ./out\` to the pipeline file, or give ${flag} <folder> or ${environment}.`,
      { details: { path: "output" } },
    );
  }
  return {
    ...settings,
    output,
    checkpoints,
    workers: workersWithin(settings.workers, machine.workers),
    minWorkers: workersWithin(settings.workers, 1),
    memoryBudgetBytes: settings.memoryBudgetBytes === "auto" ? machine.memoryBudgetBytes : settings.memoryBudgetBytes,
  };
}
