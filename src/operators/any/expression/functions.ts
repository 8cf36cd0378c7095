import type { Json } from "../../../model/json.ts";

/** Type of an argument; `any` takes all. Checked before the function runs. */
export type ArgumentType = "number" | "string" | "any";

export interface ExpressionFunction {
  readonly usage: string;
  /** Of each argument; the last one repeats when `isVariadic`. */
  readonly arguments: readonly ArgumentType[];
  readonly isVariadic?: boolean;
  readonly result: "number" | "string" | "boolean";
}

export const numberFunctions: { readonly [name: string]: ExpressionFunction & { call(values: number[]): number } } = {
  abs: { usage: "abs(x)", arguments: ["number"], result: "number", call: ([x = 0]) => Math.abs(x) },
  round: { usage: "round(x)", arguments: ["number"], result: "number", call: ([x = 0]) => Math.round(x) },
  min: {
    usage: "min(x, y, ...)",
    arguments: ["number"],
    isVariadic: true,
    result: "number",
    call: (values) => Math.min(...values),
  },
  max: {
    usage: "max(x, y, ...)",
    arguments: ["number"],
    isVariadic: true,
    result: "number",
    call: (values) => Math.max(...values),
  },
};

export const caseFunctions: { readonly [name: string]: ExpressionFunction & { call(text: string): string } } = {
  lower: { usage: "lower(text)", arguments: ["string"], result: "string", call: (text) => text.toLowerCase() },
  upper: { usage: "upper(text)", arguments: ["string"], result: "string", call: (text) => text.toUpperCase() },
};

export const textTests: {
  readonly [name: string]: ExpressionFunction & { call(text: string, other: string): boolean };
} = {
  startsWith: {
    usage: "startsWith(text, start)",
    arguments: ["string", "string"],
    result: "boolean",
    call: (text, start) => text.startsWith(start),
  },
  endsWith: {
    usage: "endsWith(text, end)",
    arguments: ["string", "string"],
    result: "boolean",
    call: (text, end) => text.endsWith(end),
  },
  matchesGlob: {
    usage: 'matchesGlob(text, "*.jpg")',
    arguments: ["string", "string"],
    result: "boolean",
    call: matchesGlob,
  },
};

/** Functions whose arguments are special; the compiler knows them. */
export const specialUsages: { readonly [name: string]: string } = {
  length: "length(text, list or object)",
  contains: "contains(text, part) or contains(list, value)",
  exists: "exists(attribute)",
  coalesce: "coalesce(attribute, ..., otherwise)",
};

/** Number of Unicode code points. */
export function codePointLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    // A high surrogate counts together with the low one behind it.
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) length--;
  }
  return length;
}

/**
 * Whether the whole text fits a pattern in which `*` stands for any characters and `?` for one.
 * At most text length x pattern length steps, whatever the pattern.
 */
export function matchesGlob(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    const wanted = pattern.charAt(p);
    if (wanted === "*") {
      star = p++;
      starText = t;
    } else if (wanted === "?" || (wanted !== "" && wanted === text.charAt(t))) {
      t++;
      p++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++starText;
    } else return false;
  }
  while (pattern.charAt(p) === "*") p++;
  return p === pattern.length;
}

export function typeName(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
