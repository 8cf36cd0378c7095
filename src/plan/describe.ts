import type { StageResources } from "../contract/executor.ts";
import type { ComponentRef } from "../contract/plan.ts";
import { formatBytes } from "../contract/units.ts";
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { type Origin, originText } from "./provenance.ts";
import type { ResolvedPipeline } from "./resolve-pipeline.ts";

/** A resolved pipeline, for people and for machines. */
export interface PipelineDescription {
  readonly text: string;
  readonly json: JsonObject;
}

interface Line {
  readonly depth: number;
  readonly name: string;
  readonly value?: Json | undefined;
  /** Where it is in the provenance. */
  readonly path?: string | undefined;
}

/**
 * The plan, stage by stage, and the settings, each value with where it came from. `machine` says what
 * `auto` stands for here. The text has no trailing spaces and is the same for the same pipeline.
 */
export function describePipeline(
  resolved: ResolvedPipeline,
  machine?: { readonly workers: number; readonly memoryBudgetBytes: number },
): PipelineDescription {
  const { plan, planHash, provenance } = resolved;
  const lines: Line[] = [...componentLines("source", plan.source, "source")];
  let index = 0;
  for (const stage of plan.stages) {
    const kind = stage.kind === "gather" ? "gather: one task over the whole stream" : "one task a split";
    lines.push({ depth: 0, name: `stage ${stage.index + 1} (${kind})` });
    for (const step of stage.steps) {
      lines.push(...componentLines(step.id, step, `steps[${index}]`, 1, `${step.kind} step`));
      index++;
    }
    if (stage.steps.length === 0) lines.push({ depth: 1, name: "no steps" });
  }
  lines.push(...componentLines("sink", plan.sink, "sink"), ...settingLines(resolved, machine));
  return {
    text: [`plan ${planHash}`, "", ...textOf(lines, provenance), ""].join("\n"),
    json: {
      planHash,
      plan,
      settings: settingsJson(resolved),
      provenance: Object.fromEntries([...provenance].map(([path, origin]) => [path, originJson(origin)])),
      warnings: resolved.warnings,
    },
  };
}

function componentLines(label: string, component: ComponentRef, place: string, depth = 0, kind?: string): Line[] {
  const path = `${place}.${component.name}`;
  const isStep = kind !== undefined;
  return [
    { depth, name: label, value: isStep ? kind : component.name, path },
    ...optionLines(component.options, path, depth + 1),
  ];
}

function optionLines(options: JsonObject, path: string, depth: number): Line[] {
  return Object.entries(options).flatMap(([name, value]): Line[] => {
    const member = `${path}.${name}`;
    if (!isJsonObject(value) || Object.keys(value).length === 0) return [{ depth, name, value, path: member }];
    return [{ depth, name, path: member }, ...optionLines(value, member, depth + 1)];
  });
}

function settingLines(
  { plan, settings }: ResolvedPipeline,
  machine: { readonly workers: number; readonly memoryBudgetBytes: number } | undefined,
): Line[] {
  const auto = (found: string | undefined) => (found === undefined ? "auto" : `auto (${found})`);
  const { workers, memoryBudgetBytes } = settings;
  const budget = machine === undefined ? undefined : formatBytes(machine.memoryBudgetBytes);
  const run: JsonObject = {
    workers: workers === "auto" ? auto(machine?.workers.toString()) : workers,
    ...(isUsual(settings.resources) ? {} : { resources: [...settings.resources] }),
    memoryBudget: memoryBudgetBytes === "auto" ? auto(budget) : formatBytes(memoryBudgetBytes),
    batchSize: settings.batchSize,
    streaming: plan.streaming,
    maxFailureRatio: settings.maxFailureRatio,
    maxAttempts: settings.maxAttempts,
    checkpointInterval: `${settings.checkpointIntervalSeconds}s`,
    checkpoints: { folder: settings.checkpoints ?? "in the output folder", keep: settings.keepCheckpoints },
    ...(settings.resumeFrom === undefined ? {} : { resumeFrom: settings.resumeFrom }),
    sampleTimeout: `${settings.sampleTimeoutSeconds}s`,
    stallTimeout: `${settings.stallTimeoutSeconds}s`,
  };
  return [
    { depth: 0, name: "output", value: settings.output ?? "not given", path: "output" },
    { depth: 0, name: "seed", value: plan.seed, path: "seed" },
    { depth: 0, name: "run" },
    ...optionLines(run, "run", 1),
  ];
}

/** A core for every worker says nothing to anybody. */
function isUsual(resources: readonly StageResources[]): boolean {
  return resources.every(
    ({ cpus, gpus, memoryBytes, labels }) =>
      cpus === 1 && gpus === 0 && memoryBytes === 0 && Object.keys(labels).length === 0,
  );
}

function textOf(lines: readonly Line[], provenance: ReadonlyMap<string, Origin>): readonly string[] {
  const rows = lines.map(({ depth, name, value, path }) => {
    const origin = path === undefined ? undefined : provenance.get(path);
    return {
      isSection: depth === 0,
      name: `${"  ".repeat(depth)}${name}`,
      value: value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value),
      origin: origin === undefined ? "" : originText(origin),
    };
  });
  const nameWidth = widest(rows.filter((row) => row.value !== "").map((row) => row.name));
  const valueWidth = Math.min(60, widest(rows.map((row) => row.value)));
  return rows.map((row) => {
    const columns = [row.name.padEnd(nameWidth), row.value.padEnd(valueWidth), row.origin];
    return columns.join("  ").trimEnd();
  });
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

function settingsJson({ settings }: ResolvedPipeline): JsonObject {
  return {
    ...settings,
    output: settings.output ?? null,
    checkpoints: settings.checkpoints ?? null,
    resumeFrom: settings.resumeFrom ?? null,
  };
}

function originJson(origin: Origin): JsonObject {
  return { ...origin };
}
