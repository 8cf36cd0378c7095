import type { StageResources } from "../contract/executor.ts";
import type { Stage } from "../contract/plan.ts";
import { didYouMean, type Finding, type KeyPath } from "./finding.ts";
import type { PipelineDocument } from "./parse-pipeline-file.ts";
import type { ResourceOptions } from "./pipeline-file-schema.ts";
import { suggest } from "./suggest.ts";

/** What a worker of each stage takes: of every resource the most that one of its steps asks for, and all of the labels. */
export function stageResources(stages: readonly Stage[], asked: ResourceOptions): readonly StageResources[] {
  return stages.map(({ steps }) => {
    const own = steps.flatMap((step) => asked.steps[step.id] ?? []);
    const most = (name: "cpus" | "gpus" | "memory") =>
      Math.max(...own.map((step) => step[name] ?? asked[name]), own.length === 0 ? asked[name] : 0);
    return {
      cpus: most("cpus"),
      gpus: most("gpus"),
      memoryBytes: most("memory"),
      labels: Object.assign({}, asked.labels, ...own.map((step) => step.labels ?? {})),
    };
  });
}

/** Steps that `run.resources.steps` names and the pipeline does not have. */
export function unknownSteps(
  asked: ResourceOptions | undefined,
  stepIds: readonly string[],
  document: PipelineDocument,
): readonly Finding[] {
  return Object.keys(asked?.steps ?? {}).flatMap((name): readonly Finding[] => {
    if (stepIds.includes(name)) return [];
    const path: KeyPath = ["run", "resources", "steps", name];
    const known = stepIds.filter((id) => id !== "");
    const suggestion = suggest(name, known);
    const listed = known.length === 0 ? " It has no steps." : ` It has: ${known.join(", ")}.`;
    const message = `run.resources.steps: the pipeline has no step ${JSON.stringify(name)}.${didYouMean(suggestion) || listed}`;
    return [{ code: "UNKNOWN_KEY", message, path, place: document.placeOf(path, "key"), received: name, suggestion }];
  });
}
