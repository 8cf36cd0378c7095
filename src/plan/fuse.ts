import type { Stage, StepRef } from "../contract/plan.ts";

/**
 * Cuts steps into stages, in order.
 *
 * Map and batch steps that follow one another share a stage; a gather step is a stage of its own.
 * Without streaming every step is a stage. The first stage is of kind `map` always, without steps
 * where the pipeline has none or begins with a gather step: a gather stage reads what the stage before it wrote.
 * So is the last, without steps where the pipeline ends with a gather step: it writes the sink split by split.
 */
export function fuse(steps: readonly StepRef[], streaming: boolean): readonly Stage[] {
  const groups: { readonly kind: Stage["kind"]; readonly steps: StepRef[] }[] = [];
  for (const step of steps) {
    const kind = step.kind === "gather" ? "gather" : "map";
    const last = groups.at(-1);
    if (last === undefined && kind === "gather") groups.push({ kind: "map", steps: [] });
    if (last !== undefined && last.kind === "map" && kind === "map" && streaming) last.steps.push(step);
    else groups.push({ kind, steps: [step] });
  }
  if (groups.at(-1)?.kind !== "map") groups.push({ kind: "map", steps: [] });
  return groups.map((group, index) => ({ index, kind: group.kind, steps: group.steps }));
}
