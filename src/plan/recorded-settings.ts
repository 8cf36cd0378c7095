import type { Stage } from "../contract/plan.ts";
import type { RunSettings } from "../contract/run-settings.ts";
import { PipelineError } from "../model/errors.ts";
import { pathText } from "./finding.ts";
import { pipelineFileSchema } from "./pipeline-file-schema.ts";
import { completeSettings, resolvedSettings, type WorkerCount } from "./resolved-settings.ts";
import { applyOverrides, type Flags } from "./settings-overrides.ts";
import { stageResources } from "./stage-resources.ts";

/** How a run was asked to judge its samples; undefined where its ledger does not tell. */
type Judgement = Pick<RunSettings, "maxFailureRatio" | "sampleTimeoutSeconds"> | undefined;

/**
 * Settings for a plan that comes from a ledger and not from a pipeline file: flags and environment go before what the
 * run was asked for, that before the defaults. Throws INVALID_OPTION.
 */
export function recordedSettings(
  stages: readonly Stage[],
  places: Pick<RunSettings, "output" | "checkpoints">,
  judgement: Judgement,
  flags: Flags,
  environment: { readonly [name: string]: string | undefined },
  limitsFor: (workers: WorkerCount) => { readonly workers: number; readonly memoryBudgetBytes: number },
): RunSettings {
  const run =
    judgement === undefined
      ? {}
      : { maxFailureRatio: judgement.maxFailureRatio, sampleTimeout: judgement.sampleTimeoutSeconds };
  const parsed = pipelineFileSchema.safeParse(applyOverrides({ run }, flags, environment).value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = pathText(issue?.path.map((key) => (typeof key === "symbol" ? String(key) : key)) ?? []);
    throw new PipelineError("INVALID_OPTION", `${path}: ${issue?.message ?? "is not valid"}`, { details: { path } });
  }
  const { resources } = parsed.data.run;
  const settings = resolvedSettings(
    parsed.data.run,
    stageResources(stages, resources),
    places.output,
    places.checkpoints,
  );
  // Going back is asked for by name on the run itself.
  return { ...completeSettings(settings, limitsFor(settings.workers)), resumeFrom: undefined };
}
