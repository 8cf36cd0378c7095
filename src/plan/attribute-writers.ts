import type { Catalog } from "../contract/catalog.ts";
import type { OperatorSpec, Signature } from "../contract/operator.ts";
import type { PartKind } from "../model/sample.ts";

/** What the operators of a catalog add to samples, with their default options. */
export interface CatalogWriters {
  /** Names of operators, by the attribute that they write. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** Names of operators, by the kind of part that they add. */
  readonly parts: ReadonlyMap<PartKind, readonly string[]>;
}

/** Loads every operator: for messages only. Those that need options to say what they write are not in it. */
export async function catalogWriters(catalog: Catalog): Promise<CatalogWriters> {
  const attributes = new Map<string, string[]>();
  const parts = new Map<PartKind, string[]>();
  for (const [name, load] of Object.entries(catalog.operators)) {
    const signature = await defaultSignature(load);
    for (const attribute of signature?.writes ?? []) append(attributes, attribute, name);
    for (const part of signature?.addsParts ?? []) append(parts, part, name);
  }
  return { attributes, parts };
}

function append<Key>(lists: Map<Key, string[]>, key: Key, name: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [name]);
  else list.push(name);
}

async function defaultSignature(load: () => Promise<OperatorSpec>): Promise<Signature | undefined> {
  try {
    const spec = await load();
    const options = spec.options.safeParse({});
    return options.success ? spec.signature(options.data) : undefined;
  } catch {
    // An operator outside of the pipeline that cannot be loaded is no suggestion; naming it in a pipeline shows its error.
    return undefined;
  }
}
