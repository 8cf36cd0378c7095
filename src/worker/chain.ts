import { type Catalog, loadComponent } from "../contract/catalog.ts";
import type { OpenedBatch, OpenedMap } from "../contract/operator.ts";
import type { StepRef } from "../contract/plan.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { attributesToTell } from "./telling-attributes.ts";

/** A step with its operator opened, ready to be applied. */
export type OpenedStep =
  | {
      readonly kind: "map";
      readonly id: string;
      readonly isDropReason: (reason: string) => boolean;
      /** Told of a sample that the step ends, whoever wrote them. */
      readonly tellingAttributes: ReadonlySet<string>;
      readonly operator: OpenedMap;
    }
  | {
      readonly kind: "batch";
      readonly id: string;
      readonly isDropReason: (reason: string) => boolean;
      readonly tellingAttributes: ReadonlySet<string>;
      readonly operator: OpenedBatch;
    };

/** The opened steps of a stage, in order. */
export interface Chain {
  readonly steps: readonly OpenedStep[];
  close(): Promise<void>;
}

/**
 * Opens the map and batch steps of a stage, in order. `scores`: attributes that earlier stages wrote. Rejects
 * with OPERATOR_UNAVAILABLE (or the operator's own PipelineError) after closing what was open already.
 */
export async function openChain(
  steps: readonly StepRef[],
  catalog: Catalog,
  signal: AbortSignal,
  scores: readonly string[] = [],
): Promise<Chain> {
  const opened: OpenedStep[] = [];
  const close = async () => {
    for (const step of opened.splice(0).reverse()) await step.operator.close?.();
  };
  try {
    for (const step of steps) opened.push(await openStep(step, catalog, signal, scores));
  } catch (error) {
    await close();
    throw error;
  }
  return { steps: [...opened], close };
}

/** Rejects with OPERATOR_UNAVAILABLE, or the operator's own PipelineError. */
export async function openStep(
  step: StepRef,
  catalog: Catalog,
  signal: AbortSignal,
  scores: readonly string[],
): Promise<OpenedStep> {
  try {
    const spec = await loadComponent(catalog.operators, "operator", step.name);
    // The plan holds resolved options; parsing them again gives the operator values of its own type.
    const options = spec.options.parse(step.options);
    const reasons = new Set(spec.dropReasons(options));
    const isDropReason = (reason: string) => reasons.has(reason);
    const tellingAttributes = attributesToTell(spec.signature(options), scores);
    const context = { signal, seed: step.seed };
    const opened = { id: step.id, isDropReason, tellingAttributes };
    if (spec.kind === "map") return { kind: "map", ...opened, operator: await spec.open(options, context) };
    if (spec.kind === "batch") return { kind: "batch", ...opened, operator: await spec.open(options, context) };
    throw new PipelineError("PROTOCOL", `step ${step.id}: a gather step cannot be part of a chain`);
  } catch (error) {
    throw asPipelineError(error, "OPERATOR_UNAVAILABLE", `step ${step.id} cannot be opened`);
  }
}
