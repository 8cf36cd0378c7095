import type { Attributes } from "../../../model/sample.ts";
import { compileNode } from "./compile-node.ts";
import { booleanOf } from "./compiled.ts";
import { type Node, parseExpression } from "./parse.ts";

export interface Expression {
  /** Attributes that a sample must have: those named outside of `exists` and `coalesce`. Sorted. */
  readonly reads: readonly string[];
  /** Attributes that `exists` or `coalesce` ask for: the expression says what holds without them. Sorted. */
  readonly readsIfPresent: readonly string[];
  /**
   * Whether the expression holds for these attributes. Reads nothing else and changes nothing.
   * Throws ATTRIBUTE_MISSING or ATTRIBUTE_TYPE, naming the attribute. `and`, `or` and `? :` look at
   * their right sides only when they decide.
   */
  holds(attributes: Attributes): boolean;
}

/** An expression as a closure; no text is ever run as code. Throws INVALID_EXPRESSION with a caret at the position. */
export function compileExpression(text: string): Expression {
  const root = parseExpression(text);
  const compiled = compileNode(text, root);
  const needed = new Set<string>();
  const optional = new Set<string>();
  collectNames(root, false, needed, optional);
  return {
    reads: [...needed].filter((name) => !optional.has(name)).sort(),
    readsIfPresent: [...optional].sort(),
    holds: booleanOf(text, root, compiled),
  };
}

function collectNames(node: Node, isOptional: boolean, needed: Set<string>, optional: Set<string>): void {
  if (node.kind === "path") {
    (isOptional ? optional : needed).add(node.name);
    return;
  }
  const areChildrenOptional = node.kind === "call" && (node.name === "exists" || node.name === "coalesce");
  for (const child of childrenOf(node)) collectNames(child, areChildrenOptional, needed, optional);
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "list":
      return node.items;
    case "call":
      return node.args;
    case "not":
    case "negate":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "conditional":
      return [node.test, node.yes, node.no];
    default:
      return [];
  }
}
