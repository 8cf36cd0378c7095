import type { Json } from "../../../model/json.ts";
import type { Attributes } from "../../../model/sample.ts";
import { compileCall } from "./compile-call.ts";
import {
  booleanOf,
  type Compiled,
  isSame,
  missingError,
  numberOf,
  staticTypeError,
  stringOf,
  typeError,
} from "./compiled.ts";
import type { Node } from "./parse.ts";
import { pathLookup } from "./path-lookup.ts";

type Binary = Extract<Node, { kind: "binary" }>;
type Path = Extract<Node, { kind: "path" }>;

/** The closure of a syntax tree. `text` is the whole expression, for messages. Throws INVALID_EXPRESSION. */
export function compileNode(text: string, node: Node): Compiled {
  switch (node.kind) {
    case "literal":
      return compileLiteral(node.value);
    case "list":
      return compileList(node.items.map((item) => compileNode(text, item)));
    case "path":
      return { type: "unknown", run: compilePath(node) };
    case "not": {
      const operand = booleanOf(text, node.operand, compileNode(text, node.operand));
      return { type: "boolean", run: (attributes) => !operand(attributes) };
    }
    case "negate": {
      const operand = numberOf(text, node.operand, compileNode(text, node.operand));
      return { type: "number", run: (attributes) => -operand(attributes) };
    }
    case "conditional":
      return compileConditional(text, node);
    case "call":
      return compileCall(text, node, compileNode);
    case "binary":
      return compileBinary(text, node);
  }
}

function compileLiteral(value: string | number | boolean | null): Compiled {
  if (typeof value === "number") return { type: "number", run: () => value };
  if (typeof value === "string") return { type: "string", run: () => value };
  if (typeof value === "boolean") return { type: "boolean", run: () => value };
  return { type: "null", run: () => null };
}

function compileList(items: readonly Compiled[]): Compiled {
  return { type: "list", run: (attributes) => items.map((item) => item.run(attributes)) };
}

function compilePath(node: Path): (attributes: Attributes) => Json {
  const find = pathLookup(node);
  return (attributes) => {
    const value = find(attributes);
    if (value === undefined) throw missingError(node.text, attributes);
    return value;
  };
}

function compileConditional(text: string, node: Extract<Node, { kind: "conditional" }>): Compiled {
  const test = booleanOf(text, node.test, compileNode(text, node.test));
  const yes = compileNode(text, node.yes);
  const no = compileNode(text, node.no);
  if (yes.type === "boolean" && no.type === "boolean")
    return { type: "boolean", run: (attributes) => (test(attributes) ? yes.run(attributes) : no.run(attributes)) };
  return { type: "unknown", run: (attributes) => (test(attributes) ? yes.run(attributes) : no.run(attributes)) };
}

function compileBinary(text: string, node: Binary): Compiled {
  const left = compileNode(text, node.left);
  const right = compileNode(text, node.right);
  switch (node.operator) {
    case "and":
    case "or": {
      const first = booleanOf(text, node.left, left);
      const second = booleanOf(text, node.right, right);
      if (node.operator === "and")
        return { type: "boolean", run: (attributes) => first(attributes) && second(attributes) };
      return { type: "boolean", run: (attributes) => first(attributes) || second(attributes) };
    }
    case "==":
      return { type: "boolean", run: (attributes) => isSame(left.run(attributes), right.run(attributes)) };
    case "!=":
      return { type: "boolean", run: (attributes) => !isSame(left.run(attributes), right.run(attributes)) };
    case "in":
      return compileMembership(text, node, left, right);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compileOrder(text, node, node.operator, left, right);
    default:
      return compileArithmetic(text, node, node.operator, left, right);
  }
}

function compileMembership(text: string, node: Binary, value: Compiled, list: Compiled): Compiled {
  const { right } = node;
  if (list.type !== "list" && list.type !== "unknown") throw staticTypeError(text, right, "list", list.type);
  if (right.kind === "list" && right.items.every((item) => item.kind === "literal")) {
    const known = new Set<Json>(right.items.map((item) => (item.kind === "literal" ? item.value : null)));
    return { type: "boolean", run: (attributes) => known.has(value.run(attributes)) };
  }
  return {
    type: "boolean",
    run: (attributes) => {
      const items = list.run(attributes);
      if (!Array.isArray(items)) throw typeError(right, "list", items);
      const wanted = value.run(attributes);
      return items.some((item: Json) => isSame(item, wanted));
    },
  };
}

function compileOrder(
  text: string,
  node: Binary,
  operator: "<" | "<=" | ">" | ">=",
  left: Compiled,
  right: Compiled,
): Compiled {
  if (left.type === "number" || right.type === "number") {
    const a = numberOf(text, node.left, left);
    const b = numberOf(text, node.right, right);
    return { type: "boolean", run: numberOrder(operator, a, b) };
  }
  if (left.type === "string" || right.type === "string") {
    const a = stringOf(text, node.left, left);
    const b = stringOf(text, node.right, right);
    return { type: "boolean", run: (attributes) => holds(operator, order(a(attributes), b(attributes))) };
  }
  if (left.type !== "unknown") throw staticTypeError(text, node.left, "number or string", left.type);
  if (right.type !== "unknown") throw staticTypeError(text, node.right, "number or string", right.type);
  return {
    type: "boolean",
    run: (attributes) => {
      const a = left.run(attributes);
      const b = right.run(attributes);
      if (typeof a === "number") {
        if (typeof b === "number") return holds(operator, a - b);
        throw typeError(node.right, "number", b);
      }
      if (typeof a !== "string") throw typeError(node.left, "number or string", a);
      if (typeof b !== "string") throw typeError(node.right, "string", b);
      return holds(operator, order(a, b));
    },
  };
}

type Numbers = (attributes: Attributes) => number;

function numberOrder(operator: "<" | "<=" | ">" | ">=", a: Numbers, b: Numbers): (attributes: Attributes) => boolean {
  if (operator === "<") return (attributes) => a(attributes) < b(attributes);
  if (operator === "<=") return (attributes) => a(attributes) <= b(attributes);
  if (operator === ">") return (attributes) => a(attributes) > b(attributes);
  return (attributes) => a(attributes) >= b(attributes);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(operator: "<" | "<=" | ">" | ">=", difference: number): boolean {
  if (operator === "<") return difference < 0;
  if (operator === "<=") return difference <= 0;
  if (operator === ">") return difference > 0;
  return difference >= 0;
}

function compileArithmetic(
  text: string,
  node: Binary,
  operator: "+" | "-" | "*" | "/" | "%",
  left: Compiled,
  right: Compiled,
): Compiled {
  const a = numberOf(text, node.left, left);
  const b = numberOf(text, node.right, right);
  switch (operator) {
    case "+":
      return { type: "number", run: (attributes) => a(attributes) + b(attributes) };
    case "-":
      return { type: "number", run: (attributes) => a(attributes) - b(attributes) };
    case "*":
      return { type: "number", run: (attributes) => a(attributes) * b(attributes) };
    case "/":
      return { type: "number", run: (attributes) => a(attributes) / b(attributes) };
    case "%":
      return { type: "number", run: (attributes) => a(attributes) % b(attributes) };
  }
}
