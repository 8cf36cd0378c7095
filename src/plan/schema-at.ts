import { z } from "zod";
import type { KeyPath } from "./finding.ts";

/** The keys that the schema knows at `path`; none when it takes any, or nothing. */
export function keysAt(schema: z.ZodType, path: KeyPath): readonly string[] {
  return [...new Set(nodesAt(schema, path).flatMap((node) => Object.keys(objectOf(node, "properties") ?? {})))];
}

/** Whether the schema takes whole numbers, and nothing else, at `path`. */
export function isWholeNumberAt(schema: z.ZodType, path: KeyPath): boolean {
  const nodes = nodesAt(schema, path);
  return nodes.length > 0 && nodes.every((node) => memberOf(node, "type") === "integer");
}

/** The first sentence that the schema says of itself at `path`, behind a space; or nothing. */
export function summaryAt(schema: z.ZodType, path: KeyPath): string {
  const description = nodesAt(schema, path).map((node) => memberOf(node, "description"))[0];
  return typeof description === "string" ? ` ${description.replace(/(?<=[.!?])\s.*$/s, "")}` : "";
}

/** Every alternative of the JSON Schema at `path`. */
function nodesAt(schema: z.ZodType, path: KeyPath): readonly unknown[] {
  let nodes = branchesOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }));
  for (const key of path) nodes = nodes.flatMap((node) => childrenOf(node, key)).flatMap(branchesOf);
  return nodes;
}

function branchesOf(node: unknown): readonly unknown[] {
  const branches = ["anyOf", "oneOf", "allOf"].flatMap((word) => {
    const list = memberOf(node, word);
    return Array.isArray(list) ? list.flatMap(branchesOf) : [];
  });
  return branches.length > 0 ? branches : [node];
}

function childrenOf(node: unknown, key: string | number): readonly unknown[] {
  const child =
    typeof key === "number"
      ? objectOf(node, "items")
      : (objectOf(objectOf(node, "properties"), key) ?? objectOf(node, "additionalProperties"));
  return child === undefined ? [] : [child];
}

function objectOf(node: unknown, key: string): object | undefined {
  const member = memberOf(node, key);
  return typeof member === "object" && member !== null ? member : undefined;
}

function memberOf(node: unknown, key: string): unknown {
  if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return undefined;
  return Reflect.get(node, key);
}
