import type { Plan } from "../contract/plan.ts";

/** `files -> filter-blur -> webdataset`. */
export function planText({ source, stages, sink }: Plan): string {
  const steps = stages.flatMap((stage) => stage.steps.map((step) => step.name));
  return [source.name, ...steps, sink.name].join(" -> ");
}
