import type { SchemaElement } from "hyparquet";
import type { EncodedPart, EncodedSample } from "../contract/sink.ts";
import type { Json } from "../model/json.ts";
import { isEncodedMedia, mediaBytes } from "./media-bytes.ts";
import {
  type AttributeType,
  type Cell,
  cellOf,
  elementsOf,
  listElements,
  structElements,
  textElement,
} from "./parquet-attribute-type.ts";

export type PartColumnType = "text" | "media" | "embedding";

export interface ParquetLayout {
  readonly media: "binary" | "reference";
  readonly partColumns: { readonly [part: string]: PartColumnType };
  readonly attributeColumns: { readonly [attribute: string]: AttributeType };
}

export interface ParquetColumn {
  readonly name: string;
  readonly elements: readonly SchemaElement[];
  /** True for long content, where neither a dictionary nor a minimum and maximum is of use. */
  readonly isContent: boolean;
  /** True for the binary of a media column, whose media type is in the next column. */
  readonly isMedia: boolean;
}

/** Every column, in order. Depends on the options alone, so all shards of a dataset have one schema. */
export function columnsOf(layout: ParquetLayout): readonly ParquetColumn[] {
  return [
    column([textElement("id", "REQUIRED")]),
    column([textElement("key", "REQUIRED")]),
    ...Object.entries(layout.partColumns).flatMap(([name, type]) => partColumns(name, type, layout.media)),
    ...Object.entries(layout.attributeColumns).map(([name, type]) => column(elementsOf(name, type))),
    column([textElement("attributes", "REQUIRED")]),
    column(listElements("parts", structElements("element", partFields())), true),
  ];
}

/**
 * A sample's cells, in the order of `columnsOf`. A part whose kind is not that of the column of its name stays
 * in `parts`, and an attribute that does not fit its column, or is null, stays in `attributes`: nothing is lost.
 */
export function cellsOf(sample: EncodedSample, layout: ParquetLayout): readonly Cell[] {
  const cells: Cell[] = [sample.id, sample.key];
  const inColumns = new Set<EncodedPart>();
  for (const [name, type] of Object.entries(layout.partColumns)) {
    const part = sample.parts.find((candidate) => candidate.name === name && columnTypeOf(candidate) === type);
    if (part !== undefined) inColumns.add(part);
    cells.push(...partCells(part, type, layout.media, sample.id));
  }
  const rest: { [name: string]: Json } = { __proto__: null, ...sample.attributes };
  for (const [name, type] of Object.entries(layout.attributeColumns)) {
    const value = Object.hasOwn(sample.attributes, name) ? sample.attributes[name] : undefined;
    const cell = value === undefined || value === null ? undefined : cellOf(value, type);
    if (cell !== undefined) delete rest[name];
    cells.push(cell ?? null);
  }
  cells.push(JSON.stringify(rest));
  cells.push(sample.parts.map((part) => partCell(part, inColumns.has(part), sample.id)));
  return cells;
}

/** Bytes that cells take before compression, about: the same for the same cells. */
export function cellBytes(cell: Cell): number {
  if (cell === null) return 1;
  if (typeof cell === "string") return 4 + Buffer.byteLength(cell);
  if (typeof cell !== "object") return 8;
  if (cell instanceof Uint8Array) return 4 + cell.byteLength;
  let bytes = 1;
  for (const inner of Object.values(cell)) bytes += cellBytes(inner);
  return bytes;
}

function column(elements: readonly SchemaElement[], isContent = false, isMedia = false): ParquetColumn {
  return { name: elements[0]?.name ?? "", elements, isContent, isMedia };
}

function partColumns(name: string, type: PartColumnType, media: ParquetLayout["media"]): readonly ParquetColumn[] {
  if (type === "text") return [column([textElement(name, "OPTIONAL")], true)];
  if (type === "embedding") return [column(listElements(name, [floatElement("element")]), true)];
  const columns = [
    column([{ name, type: "BYTE_ARRAY", repetition_type: "OPTIONAL" }], true, true),
    column([textElement(`${name}_media_type`, "OPTIONAL")]),
  ];
  if (media === "binary") return columns;
  return [
    ...columns,
    column([textElement(`${name}_uri`, "OPTIONAL")]),
    column([{ name: `${name}_offset`, type: "INT64", repetition_type: "OPTIONAL" }]),
    column([{ name: `${name}_length`, type: "INT64", repetition_type: "OPTIONAL" }]),
  ];
}

function partFields(): readonly (readonly SchemaElement[])[] {
  const repetition_type = "OPTIONAL";
  return [
    [textElement("name", repetition_type)],
    [textElement("kind", repetition_type)],
    [textElement("media_type", repetition_type)],
    [textElement("text", repetition_type)],
    [{ name: "bytes", type: "BYTE_ARRAY", repetition_type }],
    [{ name: "uri", type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" }, repetition_type }],
    [{ name: "offset", type: "INT64", repetition_type }],
    [{ name: "length", type: "INT64", repetition_type }],
    listElements("values", [floatElement("element")]),
  ];
}

function floatElement(name: string): SchemaElement {
  return { name, type: "FLOAT", repetition_type: "OPTIONAL" };
}

function columnTypeOf(part: EncodedPart): PartColumnType {
  return part.kind === "text" || part.kind === "embedding" ? part.kind : "media";
}

function partCells(
  part: EncodedPart | undefined,
  type: PartColumnType,
  media: ParquetLayout["media"],
  sampleId: string,
): readonly Cell[] {
  if (type !== "media") return [part === undefined ? null : contentOf(part, sampleId).content];
  if (part === undefined || !isEncodedMedia(part))
    return media === "binary" ? [null, null] : [null, null, null, null, null];
  const { content, uri, offset, length } = contentOf(part, sampleId);
  return media === "binary" ? [content, part.mediaType] : [content, part.mediaType, uri, offset, length];
}

interface PartContent {
  readonly content: Cell;
  readonly uri: string | null;
  readonly offset: bigint | null;
  readonly length: bigint | null;
}

/** The content itself or, where only a reference came, that. */
function contentOf(part: EncodedPart, sampleId: string): PartContent {
  const inline = (content: Cell): PartContent => ({ content, uri: null, offset: null, length: null });
  if (part.kind === "text") return inline(part.text);
  if (part.kind === "embedding") return inline(Array.from(part.values));
  const { reference } = part;
  if (part.bytes !== undefined || reference === undefined) return inline(mediaBytes(part, sampleId));
  const { range } = reference;
  return {
    content: null,
    uri: reference.uri,
    offset: range === undefined ? null : BigInt(range.offset),
    length: range === undefined ? null : BigInt(range.length),
  };
}

/** An element of `parts`; of what a column holds already it has the description alone. */
function partCell(part: EncodedPart, isInColumn: boolean, sampleId: string): Cell {
  const described = { name: part.name, kind: part.kind, media_type: part.kind === "embedding" ? null : part.mediaType };
  if (isInColumn) return described;
  const { content, uri, offset, length } = contentOf(part, sampleId);
  if (part.kind === "text") return { ...described, text: content };
  if (part.kind === "embedding") return { ...described, values: content };
  return { ...described, bytes: content, uri, offset, length };
}
