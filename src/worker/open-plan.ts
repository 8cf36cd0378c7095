import { type Catalog, loadComponent } from "../contract/catalog.ts";
import { openPlanSource } from "../contract/open-plan-source.ts";
import type { GatherDecision, GatherOperator, OpenContext, OpenedBatch, Outcome } from "../contract/operator.ts";
import type { Plan, StepRef } from "../contract/plan.ts";
import type { UnopenedComponent } from "../contract/preflight.ts";
import type { OpenedSource } from "../contract/source.ts";
import { asPipelineError, errorRecord, PipelineError } from "../model/errors.ts";
import { type PartKind, type Sample, withAttributes } from "../model/sample.ts";
import { type OpenedStep, openStep } from "./chain.ts";

/** A whole plan, opened as far as it can be, to try samples on. */
export interface OpenedPlan {
  /** The steps of each stage up to the first that cannot be opened; gather steps decide as if what they are given were all. */
  readonly stages: readonly (readonly OpenedStep[])[];
  readonly source: OpenedSource | undefined;
  readonly sinkNeedsBytes: boolean;
  readonly unopened: readonly UnopenedComponent[];
  /** Part kinds that a step works on, by its id; empty = none in particular. */
  readonly partKinds: ReadonlyMap<string, readonly PartKind[]>;
  close(): Promise<void>;
}

/** Opens source, every step of every stage, and sink, each whether or not the others can be. Never rejects because of one. */
export async function openPlan(plan: Plan, catalog: Catalog, signal: AbortSignal): Promise<OpenedPlan> {
  const unopened: UnopenedComponent[] = [];
  const closers: (() => Promise<void> | undefined)[] = [];
  const partKinds = new Map<string, readonly PartKind[]>();
  const attempt = async <Opened>(component: string, open: () => Promise<Opened>): Promise<Opened | undefined> => {
    try {
      return await open();
    } catch (cause) {
      const error = asPipelineError(cause, "OPERATOR_UNAVAILABLE", `${component} cannot be opened`);
      unopened.push({ component, error: errorRecord(error) });
      return undefined;
    }
  };

  const source = await attempt("source", () => openPlanSource(plan, catalog));
  closers.push(() => source?.close?.());
  const stages: OpenedStep[][] = [];
  let isWhole = true;
  for (const stage of plan.stages) {
    const steps: OpenedStep[] = [];
    for (const ref of stage.steps) {
      const step = await attempt(ref.id, () => openForTrial(ref, catalog, signal, partKinds));
      closers.push(() => step?.operator.close?.());
      isWhole &&= step !== undefined;
      if (isWhole && step !== undefined) steps.push(step);
    }
    stages.push(steps);
  }
  const sinkNeedsBytes = await attempt("sink", () => tryOpenSink(plan, catalog));
  return {
    stages,
    source,
    sinkNeedsBytes: sinkNeedsBytes ?? true,
    unopened,
    partKinds,
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}

async function tryOpenSink(plan: Plan, catalog: Catalog): Promise<boolean> {
  const spec = await loadComponent(catalog.sinks, "sink", plan.sink.name);
  const options = spec.options.parse(plan.sink.options);
  await (await spec.open(options)).close?.();
  return spec.needsBytes(options);
}

async function openForTrial(
  ref: StepRef,
  catalog: Catalog,
  signal: AbortSignal,
  partKinds: Map<string, readonly PartKind[]>,
): Promise<OpenedStep> {
  const spec = await loadComponent(catalog.operators, "operator", ref.name);
  const options = spec.options.parse(ref.options);
  partKinds.set(ref.id, spec.signature(options).parts);
  if (spec.kind !== "gather") return openStep(ref, catalog, signal, []);
  const context = { signal, seed: ref.seed };
  await (await spec.open(options, context)).close?.();
  const reasons = new Set(spec.dropReasons(options));
  return {
    kind: "batch",
    id: ref.id,
    isDropReason: (reason) => reasons.has(reason),
    tellingAttributes: new Set(),
    operator: gatherAsBatch(spec, options, context),
  };
}

/** Opened anew for every batch: a gather operator sees one stream in its life. */
function gatherAsBatch<Options>(spec: GatherOperator<Options>, options: Options, context: OpenContext): OpenedBatch {
  return {
    async apply(samples) {
      const operator = await spec.open(options, context);
      try {
        const decisions = new Map<number, GatherDecision>();
        for await (const [position, decision] of operator.apply(streamOf(samples))) decisions.set(position, decision);
        return samples.map((sample, position) => outcomeOf(sample, decisions.get(position), spec.name));
      } finally {
        await operator.close?.();
      }
    },
  };
}

function outcomeOf(sample: Sample, decision: GatherDecision | undefined, name: string): Outcome {
  if (decision === undefined) throw new PipelineError("OPERATOR_CONTRACT", `${name} did not decide ${sample.id}`);
  if (decision.kind === "drop") return decision;
  return { kind: "keep", sample: withAttributes(sample, decision.attributes ?? {}) };
}

async function* streamOf(samples: readonly Sample[]): AsyncGenerator<Sample> {
  yield* samples;
}
