import type { SchemaElement } from "hyparquet";
import { z } from "zod";
import { isJsonObject, type Json } from "../model/json.ts";

const scalarTypes = ["bool", "int64", "double", "string", "json"] as const;

/** Type of an attribute's column: a scalar, a list `[element]`, or a struct `{ field: type }`. */
export type AttributeType =
  | (typeof scalarTypes)[number]
  | readonly [AttributeType]
  | { readonly [field: string]: AttributeType };

/** What a column holds in one row, in the terms of the Parquet writer. */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Cell[]
  | { readonly [field: string]: Cell };

const expected =
  'expected a column type: "bool", "int64", "double", "string", "json", a list such as ["string"], or a struct such as { x: "double" }';

export const attributeType: z.ZodType<AttributeType, AttributeType> = z.lazy(() =>
  z.union(
    [
      z.enum(scalarTypes),
      z.tuple([attributeType]),
      z.record(z.string().min(1), attributeType).refine((fields) => Object.keys(fields).length > 0, expected),
    ],
    { error: expected },
  ),
);

/** The schema of a nullable column, in the depth-first order of Parquet. */
export function elementsOf(name: string, type: AttributeType): readonly SchemaElement[] {
  const repetition_type = "OPTIONAL";
  if (type === "bool") return [{ name, type: "BOOLEAN", repetition_type }];
  if (type === "int64") return [{ name, type: "INT64", repetition_type }];
  if (type === "double") return [{ name, type: "DOUBLE", repetition_type }];
  if (type === "string" || type === "json") return [textElement(name, repetition_type)];
  if (isList(type)) return listElements(name, elementsOf("element", type[0]));
  return structElements(
    name,
    Object.entries(type).map(([field, of]) => elementsOf(field, of)),
  );
}

export function textElement(name: string, repetition_type: "OPTIONAL" | "REQUIRED"): SchemaElement {
  return { name, type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" }, repetition_type };
}

export function listElements(name: string, element: readonly SchemaElement[]): readonly SchemaElement[] {
  return [
    { name, repetition_type: "OPTIONAL", converted_type: "LIST", logical_type: { type: "LIST" }, num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    ...element,
  ];
}

export function structElements(name: string, fields: readonly (readonly SchemaElement[])[]): readonly SchemaElement[] {
  return [{ name, repetition_type: "OPTIONAL", num_children: fields.length }, ...fields.flat()];
}

/**
 * The value as a cell, undefined when it does not fit the type: an integer beyond 2^53, a field that
 * the struct does not have. A null inside of a list or struct fits; a missing field reads as null.
 */
export function cellOf(value: Json, type: AttributeType): Cell | undefined {
  if (type === "json") return JSON.stringify(value);
  if (type === "bool") return typeof value === "boolean" ? value : undefined;
  if (type === "string") return typeof value === "string" ? value : undefined;
  if (type === "double") return typeof value === "number" ? value : undefined;
  if (type === "int64") return Number.isSafeInteger(value) ? BigInt(Number(value)) : undefined;
  return isList(type) ? listCell(value, type[0]) : structCell(value, type);
}

function listCell(value: Json, element: AttributeType): Cell | undefined {
  if (!Array.isArray(value)) return undefined;
  const cells: Cell[] = [];
  for (const item of value) {
    const cell = item === null ? null : cellOf(item, element);
    if (cell === undefined) return undefined;
    cells.push(cell);
  }
  return cells;
}

function structCell(value: Json, fields: { readonly [field: string]: AttributeType }): Cell | undefined {
  if (!isJsonObject(value)) return undefined;
  const entries: [string, Cell][] = [];
  for (const [field, item] of Object.entries(value)) {
    const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (type === undefined) return undefined;
    const cell = item === null ? null : cellOf(item, type);
    if (cell === undefined) return undefined;
    entries.push([field, cell]);
  }
  return Object.fromEntries(entries);
}

function isList(type: AttributeType): type is readonly [AttributeType] {
  return Array.isArray(type);
}
