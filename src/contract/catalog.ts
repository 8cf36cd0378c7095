import { PipelineError } from "../model/errors.ts";
import type { OperatorSpec } from "./operator.ts";
import type { SinkSpec } from "./sink.ts";
import type { SourceSpec } from "./source.ts";

type Loaders<Spec> = { readonly [name: string]: () => Promise<Spec> };

/**
 * Every component that a plan can name. A value that is passed along, never a registry.
 * Components load when they are asked for, so that a run pays for what it uses.
 */
export interface Catalog {
  readonly sources: Loaders<SourceSpec>;
  readonly operators: Loaders<OperatorSpec>;
  readonly sinks: Loaders<SinkSpec>;
}

/** The component of that name. Rejects with UNKNOWN_COMPONENT. */
export async function loadComponent<Spec>(
  loaders: Loaders<Spec>,
  what: "source" | "operator" | "sink",
  name: string,
): Promise<Spec> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (load !== undefined) return load();
  throw new PipelineError("UNKNOWN_COMPONENT", `the catalog has no ${what} ${JSON.stringify(name)}`, {
    details: { what, name },
  });
}
