import type { JsonObject } from "../model/json.ts";

/** A component with its options, every default filled in. */
export type ComponentRef = {
  readonly name: string;
  readonly options: JsonObject;
};

export type StepRef = ComponentRef & {
  /** Position in the pipeline file and name, unique in the plan: `2-filter-blur`. */
  readonly id: string;
  readonly kind: "map" | "batch" | "gather";
  /** Handed to `open`. */
  readonly seed: number;
};

/**
 * Steps fused to run back to back in one worker. A stage reads the source (the first) or what the
 * stage before it wrote, and writes the sink (the last) or a spool for the stage behind it.
 */
export type Stage = {
  /** Position in the plan. */
  readonly index: number;
  /** `gather`: one task over the whole stream. `map`: one task a split. */
  readonly kind: "map" | "gather";
  readonly steps: readonly StepRef[];
};

/**
 * The stage of tasks that try failed samples again: it stands behind the plan's last and has its steps. Only a plan
 * of one stage has one: where samples are gathered, one more sample may change what becomes of all.
 */
export function retryStage(plan: Plan): Stage | undefined {
  const [only, ...others] = plan.stages;
  return only === undefined || others.length > 0 ? undefined : { ...only, index: 1 };
}

/** The stage that tasks with this index belong to. */
export function stageAt(plan: Plan, index: number): Stage | undefined {
  return index === plan.stages.length ? retryStage(plan) : plan.stages[index];
}

/** Pure data made from the pipeline file: hashable, printable, sendable. Says *what* runs, never how. */
export type Plan = {
  readonly version: 1;
  readonly source: ComponentRef;
  readonly stages: readonly Stage[];
  readonly sink: ComponentRef;
  /** False: every step's output is materialised for inspection and replay, one stage a step. */
  readonly streaming: boolean;
  readonly seed: number;
};
