import { Buffer, isUtf8 } from "node:buffer";
import type { ParquetParsers } from "hyparquet";
import type { Json } from "../model/json.ts";

/** Stands for a value that cannot be decoded; whoever builds the row's sample fails that row. */
export class InvalidValue {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/**
 * How Parquet values become JSON: timestamps and dates as ISO 8601 text in their full precision, invalid
 * text as `InvalidValue`. With `replace`, wrong UTF-8 becomes U+FFFD.
 */
export function jsonParsers(invalidUtf8: "fail" | "replace"): Partial<ParquetParsers> {
  const decoder = new TextDecoder();
  const text = (bytes: Uint8Array | undefined): unknown => {
    if (bytes === undefined) return undefined;
    if (invalidUtf8 === "fail" && !isUtf8(bytes)) return new InvalidValue("is not valid UTF-8");
    return decoder.decode(bytes);
  };
  return {
    stringFromBytes: text,
    jsonFromBytes: (bytes: Uint8Array | undefined) => {
      const source = text(bytes);
      if (typeof source !== "string") return source;
      try {
        return JSON.parse(source);
      } catch {
        return new InvalidValue("is not valid JSON");
      }
    },
    timestampFromMilliseconds: (value) => isoTimestamp(value, 3),
    timestampFromMicroseconds: (value) => isoTimestamp(value, 6),
    timestampFromNanoseconds: (value) => isoTimestamp(value, 9),
    dateFromDays: (days) => isoTimestamp(BigInt(days) * 86_400_000n, 3).replace(/T.*/, ""),
  };
}

/** Fractions of a second since 1970, `digits` of them, as ISO 8601 in UTC. */
function isoTimestamp(value: bigint, digits: 3 | 6 | 9): string {
  const perMillisecond = 10n ** BigInt(digits - 3);
  let milliseconds = value / perMillisecond;
  if (value < 0n && milliseconds * perMillisecond !== value) milliseconds -= 1n;
  const date = new Date(Number(milliseconds));
  // Years that the calendar of JavaScript does not reach stay seconds since 1970.
  if (Number.isNaN(date.getTime())) return `${value}e-${digits}`;
  const rest = String(value - milliseconds * perMillisecond).padStart(digits - 3, "0");
  return digits === 3 ? date.toISOString() : `${date.toISOString().slice(0, -1)}${rest}Z`;
}

/**
 * A decoded Parquet value as JSON: integers beyond 2^53 as decimal text, bytes as base64, NaN and infinities
 * as null. The `InvalidValue` inside of it, if there is one.
 */
export function jsonOf(value: unknown): Json | InvalidValue {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
    case "object":
      return value === null ? null : jsonOfObject(value);
    default:
      return null;
  }
}

function jsonOfObject(value: object): Json | InvalidValue {
  if (value instanceof InvalidValue) return value;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value) || isNumberArray(value)) {
    const elements: Json[] = [];
    for (const element of value) {
      const json = jsonOf(element);
      if (json instanceof InvalidValue) return json;
      elements.push(json);
    }
    return elements;
  }
  const members: [string, Json][] = [];
  for (const [name, member] of Object.entries(value)) {
    const json = jsonOf(member);
    if (json instanceof InvalidValue) return json;
    members.push([name, json]);
  }
  return Object.fromEntries(members);
}

function isNumberArray(value: object): value is Float32Array | Float64Array | Int32Array | BigInt64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** The vector in a list of numbers; undefined when the value is no such list. */
export function vectorOf(value: unknown): Float32Array | undefined {
  if (value instanceof Float32Array) return value.slice();
  if (!Array.isArray(value) && !(value instanceof Float64Array)) return undefined;
  const vector = new Float32Array(value.length);
  for (const [index, element] of value.entries()) {
    if (typeof element !== "number") return undefined;
    vector[index] = element;
  }
  return vector;
}
