import { z } from "zod";
import type { OperatorSpec, Signature } from "../contract/operator.ts";
import { isJsonObject } from "../model/json.ts";
import { brokenRule, shown } from "./broken-rule.ts";

/** What a spec says of itself for given options. */
export interface OperatorDeclaration {
  readonly options: unknown;
  readonly signature: Signature;
  readonly dropReasons: readonly string[];
}

/** Holds what an operator says of itself against the contract, without opening it. Throws INVALID_OPERATOR. */
export function checkDeclaration(spec: OperatorSpec, given: unknown): OperatorDeclaration {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.name))
    throw brokenRule(spec.name, "its name is in kebab-case", `Received ${shown(spec.name)}.`);
  if (spec.summary.trim() === "") throw brokenRule(spec.name, "it has a summary", "The summary is empty.");
  const options = checkOptions(spec, given);
  const signature = checkPurity(spec, options, "signature", () => spec.signature(options));
  const dropReasons = checkPurity(spec, options, "dropReasons", () => spec.dropReasons(options));
  checkLocations(spec, options);
  for (const [key, names] of Object.entries(signature))
    if (Array.isArray(names) && new Set(names).size !== names.length)
      throw brokenRule(spec.name, "its signature names nothing twice", `${key}: ${shown(names)}.`);
  return { options, signature, dropReasons };
}

function checkOptions(spec: OperatorSpec, given: unknown): unknown {
  const parsed = spec.options.safeParse(given);
  if (!parsed.success)
    throw brokenRule(spec.name, "its schema accepts the given options", z.prettifyError(parsed.error));
  const text = JSON.stringify(parsed.data);
  if (text === undefined || !isJsonObject(parsed.data) || !isSame(JSON.parse(text), parsed.data))
    throw brokenRule(spec.name, "its parsed options are plain JSON", `Received ${shown(parsed.data)}.`);
  const again = spec.options.safeParse(parsed.data);
  if (!again.success || !isSame(again.data, parsed.data))
    throw brokenRule(
      spec.name,
      "its schema accepts its own output and leaves it as it is (plans hold resolved options)",
      again.success ? `First ${text}, then ${shown(again.data)}.` : z.prettifyError(again.error),
    );
  const stranger = "checkOperatorUnknownKey";
  if (spec.options.safeParse({ ...parsed.data, [stranger]: true }).success)
    throw brokenRule(spec.name, "its schema rejects unknown keys", "Use z.strictObject.");
  const undescribed = undescribedFields(z.toJSONSchema(spec.options, { io: "input", unrepresentable: "any" }));
  if (undescribed.length > 0)
    throw brokenRule(spec.name, "every option has a description", `Without: ${undescribed.join(", ")}.`);
  return parsed.data;
}

/** Paths of the properties without a description, at any depth. */
function undescribedFields(schema: unknown, path = ""): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((branch) => undescribedFields(branch, path));
  if (!isJsonObject(schema)) return [];
  const properties = isJsonObject(schema.properties) ? Object.entries(schema.properties) : [];
  const own = properties.flatMap(([name, field]) => {
    const here = path === "" ? name : `${path}.${name}`;
    const isDescribed = isJsonObject(field) && typeof field.description === "string" && field.description !== "";
    return [...(isDescribed ? [] : [here]), ...undescribedFields(field, here)];
  });
  const nested = [schema.items, schema.anyOf, schema.oneOf, schema.allOf, schema.additionalProperties];
  return [...own, ...nested.flatMap((inner) => undescribedFields(inner, path))];
}

function checkPurity<Value>(spec: OperatorSpec, options: unknown, what: string, run: () => Value): Value {
  const before = JSON.stringify(options);
  const first = run();
  if (!isSame(first, run()))
    throw brokenRule(spec.name, `${what}() is pure`, `Two calls with the same options differ: ${shown(first)}.`);
  if (JSON.stringify(options) !== before)
    throw brokenRule(spec.name, `${what}() is pure`, "It changed the options that it was given.");
  return first;
}

function checkLocations(spec: OperatorSpec, options: unknown): void {
  if (spec.resolveLocations === undefined) return;
  const resolved = checkPurity(spec, options, "resolveLocations", () =>
    spec.resolveLocations?.(options, (path) => path),
  );
  if (!isSame(resolved, options))
    throw brokenRule(
      spec.name,
      "resolveLocations() changes paths only",
      `It made ${shown(resolved)} of ${shown(options)}.`,
    );
}

/** Equal by content, whatever the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  const others = Object.keys(b).filter((key) => b[key] !== undefined);
  return keys.length === others.length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}
