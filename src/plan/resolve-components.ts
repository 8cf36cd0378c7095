import type { z } from "zod";
import type { Catalog } from "../contract/catalog.ts";
import type { OperatorSpec } from "../contract/operator.ts";
import type { SinkSpec } from "../contract/sink.ts";
import type { SourceSpec } from "../contract/source.ts";
import { messageOf, PipelineError } from "../model/errors.ts";
import { canonicalJson, isJsonObject, type JsonObject } from "../model/json.ts";
import type { ComponentRole, ComponentUse } from "./component-use.ts";
import { didYouMean, type Finding } from "./finding.ts";
import { optionFindings } from "./option-findings.ts";
import type { PipelineDocument } from "./parse-pipeline-file.ts";
import { plainData } from "./plain-data.ts";
import { suggest } from "./suggest.ts";

export interface ResolveContext {
  readonly document: PipelineDocument;
  readonly catalog: Catalog;
  /** Makes a location of the file absolute. */
  readonly resolveLocation: (location: string) => string;
  readonly report: (finding: Finding) => void;
}

/** A component whose options were accepted. */
export interface ResolvedComponent<Spec> {
  readonly use: ComponentUse;
  readonly spec: Spec;
  /** With every default filled in and every location absolute. */
  readonly options: JsonObject;
}

/** Each answers undefined after it reported what is wrong. */
export async function resolveSource(
  use: ComponentUse,
  context: ResolveContext,
): Promise<ResolvedComponent<SourceSpec> | undefined> {
  const spec = await loadSpec(context.catalog.sources, use, context);
  if (spec === undefined) return undefined;
  return withOptions(use, spec, context, (options) => spec.resolveLocations(options, context.resolveLocation));
}

export async function resolveOperator(
  use: ComponentUse,
  context: ResolveContext,
): Promise<ResolvedComponent<OperatorSpec> | undefined> {
  const spec = await loadSpec(context.catalog.operators, use, context);
  if (spec === undefined) return undefined;
  return withOptions(
    use,
    spec,
    context,
    (options) => spec.resolveLocations?.(options, context.resolveLocation) ?? options,
  );
}

export async function resolveSink(
  use: ComponentUse,
  context: ResolveContext,
): Promise<ResolvedComponent<SinkSpec> | undefined> {
  const spec = await loadSpec(context.catalog.sinks, use, context);
  return spec === undefined ? undefined : withOptions(use, spec, context, (options) => options);
}

type Loaders<Spec> = { readonly [name: string]: () => Promise<Spec> };

async function loadSpec<Spec>(
  loaders: Loaders<Spec>,
  use: ComponentUse,
  context: ResolveContext,
): Promise<Spec | undefined> {
  const load = Object.hasOwn(loaders, use.name) ? loaders[use.name] : undefined;
  if (load === undefined) {
    context.report(unknownComponent(use, Object.keys(loaders), context));
    return undefined;
  }
  try {
    return await load();
  } catch (error) {
    throw new PipelineError(
      "OPERATOR_UNAVAILABLE",
      `${use.subject}: the module of ${JSON.stringify(use.name)} cannot be loaded: ${messageOf(error)}`,
      { cause: error, details: { name: use.name } },
    );
  }
}

function unknownComponent(use: ComponentUse, names: readonly string[], context: ResolveContext): Finding {
  const suggestion = suggest(use.name, names);
  const otherRoles = rolesOf(use.name, context.catalog).filter((role) => role !== use.role);
  const isElsewhere = otherRoles.length === 0 ? "" : ` It is a ${otherRoles.join(" and a ")}.`;
  const list =
    use.role === "operator" ? "`pipeline operators` lists them" : `There are: ${[...names].sort().join(", ")}`;
  const listed = isElsewhere === "" ? ` ${list}.` : "";
  return {
    code: "UNKNOWN_COMPONENT",
    message: `no ${use.role} is named ${JSON.stringify(use.name)}.${isElsewhere}${didYouMean(suggestion) || listed}`,
    path: use.path,
    place: context.document.placeOf(use.path, "key"),
    received: use.name,
    suggestion,
  };
}

function rolesOf(name: string, catalog: Catalog): readonly ComponentRole[] {
  const roles: ComponentRole[] = [];
  if (Object.hasOwn(catalog.sources, name)) roles.push("source");
  if (Object.hasOwn(catalog.operators, name)) roles.push("operator");
  if (Object.hasOwn(catalog.sinks, name)) roles.push("sink");
  return roles;
}

function withOptions<Spec extends { readonly options: z.ZodType }>(
  use: ComponentUse,
  spec: Spec,
  context: ResolveContext,
  resolveLocations: (options: unknown) => unknown,
): ResolvedComponent<Spec> | undefined {
  const { document, report } = context;
  const parsed = spec.options.safeParse(use.options, { reportInput: false });
  if (!parsed.success) {
    const { subject, path } = use;
    const placeOf = document.placeOf;
    const subjectOptions = {
      schema: spec.options,
      value: use.options,
      subject,
      noun: "option",
      path,
      placeOf,
    } as const;
    for (const finding of optionFindings(parsed.error.issues, subjectOptions)) report(finding);
    return undefined;
  }
  const refuse = (message: string) => {
    report({ code: "INVALID_OPERATOR", message, path: use.path, place: document.placeOf(use.path, "key") });
    return undefined;
  };
  const problems: string[] = [];
  const options = plainData(resolveLocations(parsed.data), (path, problem) =>
    problems.push(`${path.join(".")} ${problem}`),
  );
  if (problems.length > 0 || !isJsonObject(options)) {
    return refuse(
      `${use.subject}: its parsed options are no plain data, so no plan can hold them: ${problems.join("; ")}.`,
    );
  }
  // Workers parse what the plan holds once more.
  const again = spec.options.safeParse(options);
  if (!again.success || canonicalJson(plainData(again.data, () => {})) !== canonicalJson(options)) {
    return refuse(
      `${use.subject}: parsing its parsed options once more changes or refuses them; a schema must accept what it gives.`,
    );
  }
  return { use, spec, options };
}
