import { partsToLookAt } from "../contract/filter.ts";
import type { Signature } from "../contract/operator.ts";
import { canonicalJson, isJsonObject, type Json } from "../model/json.ts";
import type { Sample } from "../model/sample.ts";
import { brokenRule, shown } from "./broken-rule.ts";
import type { OperatorDeclaration } from "./operator-declaration.ts";
import type { Result } from "./operator-session.ts";

/** Holds one result against the signature and the drop reasons. Throws INVALID_OPERATOR. */
export function checkResult(name: string, declaration: OperatorDeclaration, input: Sample, result: Result): void {
  const { signature, dropReasons } = declaration;
  switch (result.kind) {
    case "failed":
      return;
    case "drop":
      if (!dropReasons.includes(result.reason))
        throw brokenRule(
          name,
          "every drop reason is among dropReasons()",
          `Sample ${input.id}: received ${shown(result.reason)}, expected one of ${shown(dropReasons)}.`,
        );
      if (result.sample !== undefined) checkChanges(name, signature, input, result.sample);
      return;
    case "split":
      for (const child of result.samples) checkChanges(name, signature, input, child);
      return;
    case "keep":
      if (result.sample.id !== input.id)
        throw brokenRule(
          name,
          "a kept sample keeps its id, and outcome i belongs to sample i",
          `Sample ${input.id} came back as ${shown(result.sample.id)}.`,
        );
      checkChanges(name, signature, input, result.sample);
      if (looksAt(declaration, input)) checkWritten(name, signature, input, result.sample);
      else checkUnchanged(name, input, result.sample);
      return;
  }
}

/** Whether the sample has a part that the operator works on; true for an operator that works on none in particular. */
function looksAt({ signature, options }: OperatorDeclaration, input: Sample): boolean {
  if (signature.parts.length === 0) return true;
  const part = isJsonObject(options) && typeof options.part === "string" ? options.part : undefined;
  return partsToLookAt(input, signature.parts, part).length > 0;
}

/** Names of attributes that another sample may not show to the operator. */
export function isDeclaredRead(signature: Signature, attribute: string): boolean {
  return signature.reads.includes(attribute) || signature.readsIfPresent?.includes(attribute) === true;
}

function checkChanges(name: string, signature: Signature, input: Sample, output: Sample): void {
  for (const [key, value] of Object.entries(output.attributes)) {
    if (!isJson(value))
      throw brokenRule(name, "attributes are plain JSON", `Sample ${input.id}: ${key} is ${String(value)}.`);
    const old = Object.hasOwn(input.attributes, key) ? input.attributes[key] : undefined;
    const isChanged = old === undefined || canonicalJson(old) !== canonicalJson(value);
    if (isChanged && !signature.writes.includes(key))
      throw brokenRule(
        name,
        "it writes only the attributes in `writes`",
        `Sample ${input.id}: ${key} was ${old === undefined ? "added" : "changed"}; writes is ${shown(signature.writes)}.`,
      );
  }
  const partNames = output.parts.map((part) => part.name);
  if (new Set(partNames).size !== partNames.length)
    throw brokenRule(name, "names of parts are unique in a sample", `Sample ${input.id}: ${shown(partNames)}.`);
  const kinds = new Set([...input.parts.map((part) => part.kind), ...(signature.addsParts ?? [])]);
  const strange = output.parts.find((part) => !kinds.has(part.kind));
  if (strange !== undefined)
    throw brokenRule(
      name,
      "it adds only the kinds of parts in `addsParts`",
      `Sample ${input.id}: part ${shown(strange.name)} is of kind ${strange.kind}.`,
    );
}

function checkWritten(name: string, signature: Signature, input: Sample, output: Sample): void {
  const unwritten = signature.writes.filter((key) => !Object.hasOwn(output.attributes, key));
  if (unwritten.length > 0)
    throw brokenRule(
      name,
      "every kept sample has the attributes in `writes`",
      `Sample ${input.id} lacks ${unwritten.join(", ")}.`,
    );
  const { removes = [], writes } = signature;
  const isRemoved = (key: string): boolean =>
    !writes.includes(key) && (removes === "unread" ? !isDeclaredRead(signature, key) : removes.includes(key));
  for (const key of Object.keys(input.attributes)) {
    const isThere = Object.hasOwn(output.attributes, key);
    if (isThere && isRemoved(key))
      throw brokenRule(name, "the attributes in `removes` are gone", `Sample ${input.id} still has ${key}.`);
    if (!isThere && !isRemoved(key))
      throw brokenRule(
        name,
        "it removes only the attributes in `removes`",
        `Sample ${input.id} lost ${key}; removes is ${shown(removes)}.`,
      );
  }
}

function checkUnchanged(name: string, input: Sample, output: Sample): void {
  const isSame =
    canonicalJson(input.attributes) === canonicalJson(output.attributes) &&
    input.parts.length === output.parts.length &&
    input.parts.every((part, i) => part === output.parts[i]);
  if (!isSame)
    throw brokenRule(
      name,
      "a sample without the parts that it works on passes unchanged",
      `Sample ${input.id} has no such part and came back changed.`,
    );
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (!isJsonObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson);
}
