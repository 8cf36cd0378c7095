import { distance } from "fastest-levenshtein";
import type { Json } from "../../../model/json.ts";
import type { Attributes } from "../../../model/sample.ts";
import { type Compiled, isSame, numberOf, stringOf, typeError } from "./compiled.ts";
import {
  caseFunctions,
  codePointLength,
  type ExpressionFunction,
  numberFunctions,
  specialUsages,
  textTests,
} from "./functions.ts";
import type { Node } from "./parse.ts";
import { pathLookup } from "./path-lookup.ts";
import { syntaxError } from "./syntax-error.ts";

type Call = Extract<Node, { kind: "call" }>;
type CompileNode = (text: string, node: Node) => Compiled;

/** The closure of a function call. Throws INVALID_EXPRESSION for an unknown name or wrong arguments. */
export function compileCall(text: string, node: Call, compile: CompileNode): Compiled {
  const { name } = node;
  if (Object.hasOwn(specialUsages, name)) return compileSpecial(text, node, compile);
  const args = node.args.map((arg) => compile(text, arg));
  const numeric = own(numberFunctions, name);
  if (numeric !== undefined) return compileNumeric(text, node, args, numeric);
  const casing = own(caseFunctions, name);
  if (casing !== undefined) {
    const [first] = strings(text, node, args, casing);
    return { type: "string", run: (attributes) => casing.call(first(attributes)) };
  }
  const test = own(textTests, name);
  if (test !== undefined) {
    const [first, second] = strings(text, node, args, test);
    return { type: "boolean", run: (attributes) => test.call(first(attributes), second(attributes)) };
  }
  throw syntaxError(text, node.at, `unknown function "${name}"; ${suggestion(name)}`);
}

function own<Value>(table: { readonly [name: string]: Value }, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function suggestion(name: string): string {
  const known = [numberFunctions, caseFunctions, textTests, specialUsages].flatMap((table) => Object.keys(table));
  const near = known.find((candidate) => candidate.startsWith(name) || distance(candidate, name) <= 2);
  return near === undefined ? `known are ${known.sort().join(", ")}` : `did you mean "${near}"?`;
}

function compileNumeric(
  text: string,
  node: Call,
  args: readonly Compiled[],
  definition: ExpressionFunction & { call(values: number[]): number },
): Compiled {
  const isCountRight = definition.isVariadic === true ? args.length > 0 : args.length === definition.arguments.length;
  if (!isCountRight) throw wrongArguments(text, node, definition.usage);
  const runs = node.args.map((arg, i) => numberOf(text, arg, args[i] ?? { type: "null", run: () => null }));
  return { type: "number", run: (attributes) => definition.call(runs.map((run) => run(attributes))) };
}

type Text = (attributes: Attributes) => string;

function strings(
  text: string,
  node: Call,
  args: readonly Compiled[],
  definition: ExpressionFunction,
): readonly [Text, Text] {
  if (args.length !== definition.arguments.length) throw wrongArguments(text, node, definition.usage);
  const runs = node.args.map((arg, i) => stringOf(text, arg, args[i] ?? { type: "null", run: () => null }));
  const none: Text = () => "";
  return [runs[0] ?? none, runs[1] ?? none];
}

function wrongArguments(text: string, node: Call, usage: string): Error {
  return syntaxError(text, node.at, `expected ${usage}, found ${node.args.length} arguments`);
}

function compileSpecial(text: string, node: Call, compile: CompileNode): Compiled {
  const usage = specialUsages[node.name] ?? node.name;
  const [first, second] = node.args;
  if (node.name === "coalesce") return compileCoalesce(text, node, compile, usage);
  if (first === undefined || node.args.length !== (node.name === "contains" ? 2 : 1))
    throw wrongArguments(text, node, usage);
  if (node.name === "exists") {
    if (first.kind !== "path") throw syntaxError(text, first.at, "exists(...) takes the name of an attribute");
    const find = pathLookup(first);
    return { type: "boolean", run: (attributes) => find(attributes) !== undefined };
  }
  const value = compile(text, first);
  if (node.name === "length") return { type: "number", run: (attributes) => lengthOf(first, value.run(attributes)) };
  if (second === undefined) throw wrongArguments(text, node, usage);
  const part = compile(text, second);
  return {
    type: "boolean",
    run: (attributes) => {
      const whole = value.run(attributes);
      const wanted = part.run(attributes);
      if (Array.isArray(whole)) return whole.some((item: Json) => isSame(item, wanted));
      if (typeof whole !== "string") throw typeError(first, "string or list", whole);
      if (typeof wanted !== "string") throw typeError(second, "string", wanted);
      return whole.includes(wanted);
    },
  };
}

function lengthOf(node: Node, value: Json): number {
  if (typeof value === "string") return codePointLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw typeError(node, "string, list or object", value);
}

/** The first value that is there and not null; null when there is none. */
function compileCoalesce(text: string, node: Call, compile: CompileNode, usage: string): Compiled {
  if (node.args.length === 0) throw wrongArguments(text, node, usage);
  const finds = node.args.map((arg) => (arg.kind === "path" ? pathLookup(arg) : compile(text, arg).run));
  return {
    type: "unknown",
    run: (attributes) => {
      for (const find of finds) {
        const value = find(attributes);
        if (value !== undefined && value !== null) return value;
      }
      return null;
    },
  };
}
