import type { Catalog } from "../contract/catalog.ts";
import type { OperatorSpec } from "../contract/operator.ts";
import type { ComponentRef, Plan, StepRef } from "../contract/plan.ts";
import type { SinkSpec } from "../contract/sink.ts";
import type { SourceSpec } from "../contract/source.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import { resolveUri } from "../storage/uri.ts";
import { readComponentUse } from "./component-use.ts";
import { errorOfFindings, type Finding, findingText, type KeyPath, pathText } from "./finding.ts";
import { fuse } from "./fuse.ts";
import { optionFindings } from "./option-findings.ts";
import { documentOfValue, type PipelineDocument, parsePipelineFile } from "./parse-pipeline-file.ts";
import { checkpointOptionsSchema, pipelineFileSchema, runOptionsSchema } from "./pipeline-file-schema.ts";
import { planHash, stepSeed } from "./plan-hash.ts";
import { noteComponent, noteSettings, type Origin, type Provenance } from "./provenance.ts";
import {
  type ResolveContext,
  type ResolvedComponent,
  resolveOperator,
  resolveSink,
  resolveSource,
} from "./resolve-components.ts";
import { type ResolvedSettings, resolvedSettings } from "./resolved-settings.ts";
import { applyOverrides, type Flags, type OverriddenDocument } from "./settings-overrides.ts";
import { followSignatures } from "./signatures.ts";
import { stageResources, unknownSteps } from "./stage-resources.ts";

interface ResolveRequestBase {
  /** Absolute folder that locations in the pipeline are relative to: the one that holds the file. */
  readonly baseFolder: string;
  /** Absolute folder that locations in flags and environment are relative to; `baseFolder` unless given. */
  readonly workingFolder?: string;
  readonly catalog: Catalog;
  readonly flags?: Flags;
  /** Whether a command line gave `flags`, or a program. */
  readonly flagsFrom?: "flag" | "code";
  readonly environment?: { readonly [name: string]: string | undefined };
}

export type ResolveRequest = ResolveRequestBase &
  (
    | { readonly text: string /** How messages call the file. */; readonly fileName: string }
    | { readonly document: unknown; readonly writtenBy: "code" | "inference" }
  );

/** A pipeline that was checked from end to end, with where everything in it came from. */
export interface ResolvedPipeline {
  readonly plan: Plan;
  readonly planHash: string;
  readonly settings: ResolvedSettings;
  readonly provenance: Provenance;
  /** What probably was not meant, but runs. */
  readonly warnings: readonly string[];
}

/**
 * Pipeline file -> plan. Touches neither disk nor network; loads the modules of the components that are named.
 * Throws one PipelineError that lists every mistake: FILE_SYNTAX, UNKNOWN_KEY, INVALID_OPTION, UNKNOWN_COMPONENT,
 * ATTRIBUTE_NOT_WRITTEN, PART_NOT_PRODUCED, or what a component's own checks say.
 */
export async function resolvePipeline(request: ResolveRequest): Promise<ResolvedPipeline> {
  const document =
    "text" in request
      ? parsePipelineFile(request.text, request.fileName)
      : documentOfValue(request.document, request.writtenBy);
  const overridden = applyOverrides(document.value, request.flags ?? {}, request.environment ?? {}, request.flagsFrom);
  const findings: Finding[] = [];
  const context: ResolveContext = {
    document,
    catalog: request.catalog,
    resolveLocation: (location) => resolveUri(location, request.baseFolder),
    report: (finding) => findings.push(finding),
  };
  const file = readSections(overridden, context);
  const components = await resolveComponents(document.value, context);
  const { warnings } = await followSignatures(components.source, components.steps, context);
  const { source, sink } = components;
  const steps = components.steps.filter((step) => step !== undefined);
  const ids = components.steps.map((step, index) => stepId(index, step));
  for (const finding of unknownSteps(file?.run.resources, ids, document)) findings.push(finding);
  if (file === undefined || source === undefined || sink === undefined || findings.length > 0) {
    throw errorOfFindings(findings, document.name);
  }
  const plan = planOf(source, steps, sink, file.seed, file.run.streaming);
  const absolute = (location: string | undefined, setting: string) => {
    if (location === undefined) return undefined;
    const typedFrom = overridden.overrides.has(setting) ? request.workingFolder : undefined;
    return resolveUri(location, typedFrom ?? request.baseFolder);
  };
  const output = absolute(file.output, "output");
  const checkpoints = absolute(file.run.checkpoints.folder, "run.checkpoints.folder");
  return {
    plan,
    planHash: planHash(plan),
    settings: resolvedSettings(file.run, stageResources(plan.stages, file.run.resources), output, checkpoints),
    provenance: provenanceOf(document, overridden, [source, ...steps, sink]),
    warnings: warnings.map(findingText),
  };
}

function readSections({ value, overrides }: OverriddenDocument, context: ResolveContext) {
  const { document, report } = context;
  const parsed = pipelineFileSchema.safeParse(withoutEmptySections(value));
  if (parsed.success) return parsed.data;
  const isEmpty = document.value === null;
  if (isEmpty) {
    const message = `${document.name} is empty: expected \`source:\`, \`steps:\` and \`sink:\`.`;
    report({ code: "INVALID_OPTION", message, path: [] });
    return undefined;
  }
  const found = optionFindings(parsed.error.issues, {
    schema: pipelineFileSchema,
    value,
    subject: "",
    noun: "key",
    path: [],
    placeOf: document.placeOf,
    nameOf: (path) => overrides.get(pathText(path))?.name,
  });
  for (const finding of found) report(finding);
  return undefined;
}

/** `steps:` and `run:` with nothing behind them, everything being commented out, count as absent. */
function withoutEmptySections(value: Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key, member]) => member !== null || (key !== "steps" && key !== "run")),
  );
}

interface ResolvedComponents {
  readonly source: ResolvedComponent<SourceSpec> | undefined;
  /** Undefined in the place of a step that was not accepted. */
  readonly steps: readonly (ResolvedComponent<OperatorSpec> | undefined)[];
  readonly sink: ResolvedComponent<SinkSpec> | undefined;
}

async function resolveComponents(value: Json, context: ResolveContext): Promise<ResolvedComponents> {
  if (!isJsonObject(value)) return { source: undefined, steps: [], sink: undefined };
  const { document, report } = context;
  const endOf = (role: "source" | "sink") => {
    if (value[role] !== undefined && value[role] !== null) {
      return readComponentUse(value[role], role, [role], document, report);
    }
    const example = role === "source" ? "files: { path: ./photos }" : "webdataset";
    const message = `${document.name} has no ${role}. Add one, for example \`${role}: ${role === "source" ? `{ ${example} }` : example}\`.`;
    report({ code: "INVALID_OPTION", message, path: [role] });
    return undefined;
  };
  const sourceUse = endOf("source");
  const source = sourceUse === undefined ? undefined : await resolveSource(sourceUse, context);
  const steps: (ResolvedComponent<OperatorSpec> | undefined)[] = [];
  for (const [index, step] of (Array.isArray(value.steps) ? value.steps : []).entries()) {
    const use = readComponentUse(step, "operator", ["steps", index], document, report);
    steps.push(use === undefined ? undefined : await resolveOperator(use, context));
  }
  const sinkUse = endOf("sink");
  const sink = sinkUse === undefined ? undefined : await resolveSink(sinkUse, context);
  return { source, steps, sink };
}

function planOf(
  source: ResolvedComponent<SourceSpec>,
  steps: readonly ResolvedComponent<OperatorSpec>[],
  sink: ResolvedComponent<SinkSpec>,
  seed: number,
  streaming: boolean,
): Plan {
  const stepRefs = steps.map((step, index): StepRef => {
    return { ...refOf(step), id: stepId(index, step), kind: step.spec.kind, seed: stepSeed(seed, index + 1) };
  });
  return { version: 1, source: refOf(source), stages: fuse(stepRefs, streaming), sink: refOf(sink), streaming, seed };
}

/** Of a step that was not accepted it is not known. */
function stepId(index: number, step: ResolvedComponent<OperatorSpec> | undefined): string {
  return step === undefined ? "" : `${index + 1}-${step.spec.name}`;
}

function refOf({ use, options }: ResolvedComponent<unknown>): ComponentRef {
  return { name: use.name, options };
}

function provenanceOf(
  document: PipelineDocument,
  { overrides }: OverriddenDocument,
  components: readonly ResolvedComponent<unknown>[],
): Provenance {
  const provenance = new Map<string, Origin>();
  for (const { use, options } of components) noteComponent(provenance, document, use, options);
  const runPaths = Object.keys(runOptionsSchema.shape).map((key): KeyPath => ["run", key]);
  const checkpointPaths = Object.keys(checkpointOptionsSchema.shape).map((key): KeyPath => ["run", "checkpoints", key]);
  noteSettings(provenance, document, overrides, [["output"], ["seed"], ...runPaths, ...checkpointPaths]);
  return provenance;
}
