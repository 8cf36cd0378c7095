import type { Json } from "../model/json.ts";
import type { KeyPath } from "./finding.ts";

type Report = (path: KeyPath, problem: string) => void;

/**
 * The value as JSON, with every member left out that is `undefined`. What JSON cannot hold (a number
 * that is not finite, a date, a function, a value inside itself) is reported and replaced by null.
 */
export function plainData(value: unknown, report: Report): Json {
  return plain(value, [], new Set(), report);
}

function plain(value: unknown, path: KeyPath, above: Set<object>, report: Report): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    report(path, `expected a finite number, received ${value}`);
    return null;
  }
  if (typeof value !== "object" || !(Array.isArray(value) || isPlainObject(value))) {
    report(path, `expected plain data (text, numbers, true or false, lists, mappings), received ${nameOf(value)}`);
    return null;
  }
  if (above.has(value)) {
    report(path, "refers to itself");
    return null;
  }
  above.add(value);
  const copy = Array.isArray(value)
    ? value.map((item, index) => plain(item, [...path, index], above, report))
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, member]) => member !== undefined)
          .map(([key, member]) => [key, plain(member, [...path, key], above, report)]),
      );
  above.delete(value);
  return copy;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  const constructor: unknown = value.constructor;
  return typeof constructor === "function" ? `a ${constructor.name}` : "an object";
}
