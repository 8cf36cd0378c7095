import { z } from "zod";
import type { Catalog } from "../contract/catalog.ts";
import type { Modality, OperatorSpec, Signature } from "../contract/operator.ts";
import type { Production } from "../contract/source.ts";

/** What `pipeline operators` says of a component; everything comes from its spec. */
export interface ComponentFacts {
  readonly name: string;
  readonly kind: "source" | "map" | "batch" | "gather" | "sink";
  readonly modality: Modality;
  readonly summary: string;
  readonly reference?: string;
  /** JSON Schema of what a pipeline file may say. */
  readonly options: unknown;
  /** With the defaults; absent when the options have to be given first. */
  readonly signature?: Signature;
  readonly produces?: Production;
  readonly dropReasons?: readonly string[];
}

/** Every component: sources, operators by modality, sinks; each group by name. */
export async function allFacts(catalog: Catalog): Promise<readonly ComponentFacts[]> {
  const sources = await Promise.all(Object.keys(catalog.sources).map((name) => sourceFacts(catalog, name)));
  const operators = await Promise.all(Object.keys(catalog.operators).map((name) => operatorFacts(catalog, name)));
  const sinks = await Promise.all(Object.keys(catalog.sinks).map((name) => sinkFacts(catalog, name)));
  const order = (a: ComponentFacts, b: ComponentFacts) =>
    modalities.indexOf(a.modality) - modalities.indexOf(b.modality) || (a.name < b.name ? -1 : 1);
  return [sources, operators, sinks].flatMap((group) => group.flatMap((facts) => facts ?? []).sort(order));
}

/** The components of that name: a source and a sink may share it. */
export async function factsOf(catalog: Catalog, name: string): Promise<readonly ComponentFacts[]> {
  const found = await Promise.all([sourceFacts(catalog, name), operatorFacts(catalog, name), sinkFacts(catalog, name)]);
  return found.flatMap((facts) => facts ?? []);
}

const modalities: readonly Modality[] = ["image", "text", "document", "video", "audio", "series", "any"];

async function sourceFacts(catalog: Catalog, name: string): Promise<ComponentFacts | undefined> {
  const load = ownLoader(catalog.sources, name);
  if (load === undefined) return undefined;
  const spec = await load();
  const defaults = spec.options.safeParse({});
  return {
    name,
    kind: "source",
    modality: "any",
    summary: spec.summary,
    options: optionsSchema(spec.options),
    ...(defaults.success ? { produces: spec.produces(defaults.data) } : {}),
  };
}

async function sinkFacts(catalog: Catalog, name: string): Promise<ComponentFacts | undefined> {
  const load = ownLoader(catalog.sinks, name);
  if (load === undefined) return undefined;
  const spec = await load();
  return { name, kind: "sink", modality: "any", summary: spec.summary, options: optionsSchema(spec.options) };
}

async function operatorFacts(catalog: Catalog, name: string): Promise<ComponentFacts | undefined> {
  const load = ownLoader(catalog.operators, name);
  if (load === undefined) return undefined;
  const spec: OperatorSpec = await load();
  const defaults = spec.options.safeParse({});
  return {
    name,
    kind: spec.kind,
    modality: spec.modality,
    summary: spec.summary,
    ...(spec.reference === undefined ? {} : { reference: spec.reference }),
    options: optionsSchema(spec.options),
    ...(defaults.success
      ? { signature: spec.signature(defaults.data), dropReasons: spec.dropReasons(defaults.data) }
      : {}),
  };
}

/** Names come from the command line: `toString` is none of ours. */
function ownLoader<Spec>(loaders: { readonly [name: string]: () => Promise<Spec> }, name: string) {
  return Object.hasOwn(loaders, name) ? loaders[name] : undefined;
}

function optionsSchema(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}
