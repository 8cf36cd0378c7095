import type { ComponentRef, Plan } from "../contract/plan.ts";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { pathText } from "./finding.ts";

/** A key of the pipeline file that made two plans differ. A side is null where it has no such key. */
export interface PlanDifference {
  /** In the words of the pipeline file: `steps[1].filter-blur.minLaplacianVariance`. */
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
}

/**
 * What differs between two plans, in the order of the pipeline file; empty for equal plans only.
 * Steps are compared option by option while their names agree; else the two lists of names are the difference.
 */
export function differingKeys(before: Plan, after: Plan): readonly PlanDifference[] {
  const found: PlanDifference[] = [];
  compare(viewOf(before), viewOf(after), [], found);
  return found;
}

/** The plan as the pipeline file shows it: stages and the seeds of steps follow from the rest. */
function viewOf(plan: Plan): JsonObject {
  const steps = plan.stages.flatMap((stage) => stage.steps);
  return {
    source: componentView(plan.source),
    steps: steps.map(componentView),
    sink: componentView(plan.sink),
    seed: plan.seed,
    run: { streaming: plan.streaming },
    version: plan.version,
  };
}

function componentView(component: ComponentRef): JsonObject {
  return { [component.name]: component.options };
}

function compare(before: Json, after: Json, path: readonly (string | number)[], found: PlanDifference[]): void {
  if (canonicalJson(before) === canonicalJson(after)) return;
  if (isJsonObject(before) && isJsonObject(after) && !isRenamed(before, after, path)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const member = [...path, key];
      const [old, now] = [before[key], after[key]];
      if (old !== undefined && now !== undefined) compare(old, now, member, found);
      else found.push({ path: pathText(member), before: old ?? null, after: now ?? null });
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && path.length === 1 && haveSameNames(before, after)) {
    for (const [index, item] of before.entries()) compare(item, after[index] ?? null, [...path, index], found);
    return;
  }
  const isComponentList = path.length === 1 && path[0] === "steps";
  found.push({
    path: pathText(path),
    before: isComponentList ? namesOf(before) : before,
    after: isComponentList ? namesOf(after) : after,
  });
}

/** Whether another source or sink stands in a place: then its options have nothing to be compared with. */
function isRenamed(before: JsonObject, after: JsonObject, path: readonly (string | number)[]): boolean {
  return (
    path.length === 1 &&
    (path[0] === "source" || path[0] === "sink") &&
    namesOf([before]).join() !== namesOf([after]).join()
  );
}

function haveSameNames(before: readonly Json[], after: readonly Json[]): boolean {
  return canonicalJson(namesOf(before)) === canonicalJson(namesOf(after));
}

function namesOf(steps: Json): readonly string[] {
  return Array.isArray(steps) ? steps.flatMap((step) => (isJsonObject(step) ? Object.keys(step) : [])) : [];
}
