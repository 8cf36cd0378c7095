import { PipelineError } from "../../../model/errors.ts";
import { canonicalJson, type Json } from "../../../model/json.ts";
import type { Attributes } from "../../../model/sample.ts";
import { typeName } from "./functions.ts";
import type { Node } from "./parse.ts";
import { syntaxError } from "./syntax-error.ts";

type Run<Value> = (attributes: Attributes) => Value;

/** A part of an expression as a closure. `unknown`: its type shows only with a sample. */
export type Compiled =
  | { readonly type: "number"; readonly run: Run<number> }
  | { readonly type: "string"; readonly run: Run<string> }
  | { readonly type: "boolean"; readonly run: Run<boolean> }
  | { readonly type: "null" | "list" | "unknown"; readonly run: Run<Json> };

/** How a message names a part of an expression. */
export function nameOf(node: Node): string {
  if (node.kind === "path") return `attribute "${node.text}"`;
  if (node.kind === "call") return `${node.name}(...)`;
  if (node.kind === "binary") return `the result of "${node.operator}"`;
  if (node.kind === "literal") return JSON.stringify(node.value);
  return "the expression";
}

/** ATTRIBUTE_TYPE: a value of this sample has another type than the expression needs. */
export function typeError(node: Node, expected: string, received: Json): PipelineError {
  return new PipelineError("ATTRIBUTE_TYPE", `${nameOf(node)}: expected ${expected}, received ${typeName(received)}`, {
    details: {
      ...(node.kind === "path" ? { attribute: node.text } : {}),
      expected,
      received: typeName(received),
    },
  });
}

/** ATTRIBUTE_MISSING: names the attribute and what the sample has instead. */
export function missingError(text: string, attributes: Attributes): PipelineError {
  const available = Object.keys(attributes);
  const shown = available.slice(0, 20).join(", ");
  const list = available.length > 20 ? `${shown} and ${available.length - 20} more` : shown;
  return new PipelineError(
    "ATTRIBUTE_MISSING",
    `attribute "${text}" is missing; the sample has ${available.length === 0 ? "none" : list}. ` +
      `Where it is optional, write exists(${text}) or coalesce(${text}, 0).`,
    { details: { attribute: text, available: available.slice(0, 20) } },
  );
}

/** Narrows to one type: at compile time where it is known, else with each sample. `text` is the whole expression. */
export function numberOf(text: string, node: Node, compiled: Compiled): Run<number> {
  if (compiled.type === "number") return compiled.run;
  if (compiled.type !== "unknown") throw staticTypeError(text, node, "number", compiled.type);
  const { run } = compiled;
  return (attributes) => {
    const value = run(attributes);
    if (typeof value !== "number") throw typeError(node, "number", value);
    return value;
  };
}

export function stringOf(text: string, node: Node, compiled: Compiled): Run<string> {
  if (compiled.type === "string") return compiled.run;
  if (compiled.type !== "unknown") throw staticTypeError(text, node, "string", compiled.type);
  const { run } = compiled;
  return (attributes) => {
    const value = run(attributes);
    if (typeof value !== "string") throw typeError(node, "string", value);
    return value;
  };
}

export function booleanOf(text: string, node: Node, compiled: Compiled): Run<boolean> {
  if (compiled.type === "boolean") return compiled.run;
  if (compiled.type !== "unknown") throw staticTypeError(text, node, "boolean", compiled.type);
  const { run } = compiled;
  return (attributes) => {
    const value = run(attributes);
    if (typeof value !== "boolean") throw typeError(node, "boolean", value);
    return value;
  };
}

export function staticTypeError(text: string, node: Node, expected: string, received: string): PipelineError {
  return syntaxError(text, node.at, `${nameOf(node)}: expected ${expected}, found ${received}`);
}

/** Equal type and value; lists and objects by content. Values of two types are never equal. */
export function isSame(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  return canonicalJson(a) === canonicalJson(b);
}
