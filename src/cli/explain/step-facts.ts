import { type Catalog, loadComponent } from "../../contract/catalog.ts";
import type { Plan } from "../../contract/plan.ts";
import type { JsonObject } from "../../model/json.ts";

/** A step of the plan as its operator describes it. */
export interface StepFacts {
  readonly id: string;
  readonly stage: number;
  readonly options: JsonObject;
  /** Attributes that it writes, and those that it decides by. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

/** Every step, in plan order. */
export async function stepFacts(plan: Plan, catalog: Catalog): Promise<readonly StepFacts[]> {
  const facts: StepFacts[] = [];
  for (const stage of plan.stages) {
    for (const { id, name, options } of stage.steps) {
      const spec = await loadComponent(catalog.operators, "operator", name);
      const signature = spec.signature(spec.options.parse(options));
      const reads = [...signature.reads, ...(signature.readsIfPresent ?? [])];
      facts.push({ id, stage: stage.index, options, writes: signature.writes, reads });
    }
  }
  return facts;
}
