import { stringify } from "yaml";
import type { JsonObject } from "../model/json.ts";
import type { InferredPipeline } from "./infer-pipeline.ts";

/** A commented pipeline file. Parses to what was inferred, with `output` added. */
export function pipelineYaml(inferred: InferredPipeline, found: string, output: string): string {
  const lines = [
    "# Made by `pipeline init`.",
    `# ${found}`,
    "# `pipeline check` verifies this file, `pipeline plan --probe 50` tries it, `pipeline run` does the job.",
    "# `pipeline operators` lists what else a step can be, `pipeline operators <name>` its options.",
    "",
    "source:",
    ...block(inferred.source, "  "),
    "",
    "steps:",
    ...(inferred.steps.length === 0 ? ["  []"] : inferred.steps.flatMap((step) => item(step))),
    "",
    "sink:",
    ...block(inferred.sink, "  "),
    "",
    `output: ${scalar(output)}`,
    "",
    "# How it runs; none of it changes what comes out.",
    "# run: { workers: 2, memoryBudget: 512MiB, maxFailureRatio: 0.5 }",
  ];
  return `${lines.join("\n")}\n`;
}

type Component = InferredPipeline["source"];

function block(component: Component, indent: string): readonly string[] {
  return [`${indent}# ${component.why}`, `${indent}${component.name}: ${flow(component.options)}`];
}

function item(component: Component): readonly string[] {
  const text =
    Object.keys(component.options).length === 0 ? component.name : `${component.name}: ${flow(component.options)}`;
  return [`  # ${component.why}`, `  - ${text}`];
}

function flow(options: JsonObject): string {
  return stringify(options, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trim();
}
