import { type Catalog, loadComponent } from "../contract/catalog.ts";
import type { Signature } from "../contract/operator.ts";
import type { Plan } from "../contract/plan.ts";
import type { Json } from "../model/json.ts";
import type { Attributes } from "../model/sample.ts";

/** An attribute that takes more JSON than this is no score: outcome logs do without it. */
const longestValue = 200;

/** Attributes that a sample which a step ends is explained by, beside those that steps of its own stage wrote. */
export function attributesToTell(signature: Signature, scores: readonly string[]): ReadonlySet<string> {
  return new Set([...signature.reads, ...(signature.readsIfPresent ?? []), ...scores]);
}

/**
 * Of `now`, as JSON: what was not there when the sample was read, and what `telling` names. Undefined when there is
 * none. Most often that is all of `now`: nothing is copied then, since building an object takes longer than writing it.
 */
export function tellingAttributesOf(
  now: Attributes,
  read: Attributes,
  telling: ReadonlySet<string>,
): string | undefined {
  let told: { [name: string]: Json | undefined } = now;
  let left = 0;
  const names = Object.keys(now);
  for (const name of names) {
    const value = now[name];
    if (value !== undefined && (value !== read[name] || telling.has(name)) && !isLong(value) && !isPrototype(name))
      continue;
    if (told === now) told = { ...now };
    told[name] = undefined;
    left++;
  }
  return left === names.length ? undefined : JSON.stringify(told);
}

/** Names come from the input: read back from JSON, this one would not become a member. */
function isPrototype(name: string): boolean {
  return name === "__proto__";
}

function isLong(value: Json): boolean {
  if (typeof value === "string") return value.length > longestValue;
  return typeof value === "object" && value !== null && JSON.stringify(value).length > longestValue;
}

/** Names of the attributes that the steps of the stages before `stage` write. */
export async function attributesOfEarlierStages(
  plan: Plan,
  stage: number,
  catalog: Catalog,
): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const { name, options } of plan.stages.slice(0, stage).flatMap(({ steps }) => steps)) {
    const spec = await loadComponent(catalog.operators, "operator", name);
    for (const written of spec.signature(spec.options.parse(options)).writes) names.add(written);
  }
  return [...names];
}
