import { z } from "zod";
import { defineSource, type InputFile, type LeavesOut, type SourceItem, type Split } from "../contract/source.ts";
import { byteSize } from "../contract/units.ts";
import { sniffMediaType } from "../media/sniff-media-type.ts";
import { bytesContent } from "../model/content.ts";
import { PipelineError } from "../model/errors.ts";
import type { Json } from "../model/json.ts";
import { mediaKinds, type Part, type Sample } from "../model/sample.ts";
import { decodeText, invalidUtf8Option } from "./decode-text.ts";
import { listInput, locationOptions } from "./list-input.ts";
import { type ColumnUse, columnUses, rowGroupRuns, rowGroupsOf } from "./parquet-columns.ts";
import { openParquet, type ParquetRow } from "./parquet-file.ts";
import { InvalidValue, jsonOf, vectorOf } from "./parquet-values.ts";
import { itemOf, unreadableItem } from "./read-items.ts";
import { UniqueIds } from "./unique-ids.ts";

const columnList = z.array(z.string().min(1));
const options = z.strictObject({
  ...locationOptions,
  textColumns: columnList
    .optional()
    .describe(
      "Columns that become text parts of their name. Without it: `text` and `caption`, where they hold strings.",
    ),
  mediaColumns: columnList
    .optional()
    .describe(
      "Columns that become media parts of their name; their type is told by content. Without it: every binary column, and structs with a binary field `bytes`.",
    ),
  embeddingColumns: columnList
    .default([])
    .describe("Columns with lists of numbers that become embeddings of their name."),
  idColumn: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Column that holds the sample's id. A second row with one id fails. Without it the id is `<path>:<row>`.",
    ),
  columns: columnList.optional().describe("Columns that become attributes. Without it: all that are nothing else."),
  invalidUtf8: invalidUtf8Option,
  splitBytes: byteSize
    .default(64 * 2 ** 20)
    .describe("Compressed bytes of neighbouring row groups that make up a split. A row group is never cut."),
});
type ParquetOptions = z.output<typeof options>;

const folderPatterns = ["**/*.{parquet,pq}"];
const rowsPerBatch = 64;
/** Without rows: the footer could not be read when the input was listed. */
const locatorSchema = z.strictObject({
  relative: z.string(),
  firstRow: z.number().optional(),
  rows: z.number().optional(),
});

/**
 * Parquet files, one row a sample. Integers beyond 2^53 become decimal text, dates and times ISO 8601 text, decimals
 * numbers, other binary base64, NaN and infinities null. Reads one row group at a time, which is what bounds memory.
 * Where a file is damaged, one failed sample `<path>:<row>:rest` stands for the rest of the split.
 */
export const parquet = defineSource<ParquetOptions, z.input<typeof options>>({
  name: "parquet",
  summary: "Parquet files; rows become samples, binary columns media.",
  options,
  produces: () => ({ attributes: [], isOpen: true, parts: ["text", ...mediaKinds, "embedding"] }),
  resolveLocations: (given, resolve) => ({ ...given, path: resolve(given.path) }),
  open: async (given) => ({
    splits: (signal, leavesOut) => cutSplits(given, signal, leavesOut),
    read: (split, signal) => readSplit(split, given, signal),
  }),
});

async function* cutSplits(
  given: ParquetOptions,
  signal: AbortSignal,
  leavesOut: LeavesOut | undefined,
): AsyncGenerator<Split> {
  for await (const { relative, ...file } of listInput(given, folderPatterns, signal, leavesOut)) {
    try {
      const { metadata, schema } = await openParquet(file, given.invalidUtf8, signal);
      columnUses(schema, given, file.uri);
      for (const { firstRow, rows, bytes } of rowGroupRuns(metadata, given.splitBytes)) {
        yield { files: [file], locator: { relative, firstRow, rows }, bytes, samples: rows };
      }
    } catch (error) {
      if (!(error instanceof PipelineError) || error.code !== "INPUT_CORRUPT") throw error;
      // Reading the split meets the same damage and accounts for it.
      yield { files: [file], locator: { relative }, bytes: file.bytes };
    }
  }
}

async function* readSplit(
  split: Split,
  given: ParquetOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceItem[]> {
  const file = split.files[0];
  if (file === undefined) throw new PipelineError("PROTOCOL", "a split of a Parquet file names no file");
  const { relative, firstRow = 0, rows = Number.MAX_SAFE_INTEGER } = locatorSchema.parse(split.locator);
  const ids = new UniqueIds();
  let at = firstRow;
  try {
    const opened = await openParquet(file, given.invalidUtf8, signal);
    const uses = columnUses(opened.schema, given, file.uri);
    const table: Table = { file, relative, uses: [...uses], ids };
    for (const { start, end } of rowGroupsOf(opened.metadata, firstRow, rows)) {
      at = start;
      const group = await opened.rows(start, end, [...uses.keys()]);
      for (; at < end; at += rowsPerBatch) {
        signal.throwIfAborted();
        const batch = group.slice(at - start, at - start + rowsPerBatch);
        const first = at;
        yield await Promise.all(batch.map((row, index) => itemOfRow(row, first + index, table, given)));
      }
    }
  } catch (error) {
    if (!(error instanceof PipelineError) || error.code !== "INPUT_CORRUPT") throw error;
    yield [unreadableItem(`${relative}:${at}:rest`, file.uri, error)];
  }
}

interface Table {
  readonly file: InputFile;
  readonly relative: string;
  readonly uses: readonly (readonly [column: string, use: ColumnUse])[];
  readonly ids: UniqueIds;
}

function itemOfRow(row: ParquetRow, index: number, table: Table, given: ParquetOptions): Promise<SourceItem> {
  return itemOf(`${table.relative}:${index}`, table.file.uri, sampleOf(row, index, table, given));
}

async function sampleOf(row: ParquetRow, index: number, table: Table, given: ParquetOptions): Promise<Sample> {
  const where = `row ${index} of ${JSON.stringify(table.file.uri)}`;
  let id = `${table.relative}:${index}`;
  const parts: Part[] = [];
  const attributes: [string, Json][] = [];
  // Claimed before the first await, so that the earlier of two rows keeps the id.
  if (given.idColumn !== undefined) {
    id = idOf(row[given.idColumn], given.idColumn, where);
    table.ids.claim(id, where);
  }
  for (const [column, use] of table.uses) {
    const value = row[column];
    const there = `the column ${JSON.stringify(column)} in ${where}`;
    if (use === "attribute" || use === "id") {
      const json = jsonOf(value);
      if (json instanceof InvalidValue) throw invalid(there, json.problem);
      attributes.push([column, json]);
    } else if (value !== null && value !== undefined) {
      if (use === "text") parts.push(textPart(column, value, there, given));
      else if (use === "embedding") parts.push(embeddingPart(column, value, there));
      else parts.push(await mediaPart(column, value, there, given));
    }
  }
  return { id, parts, attributes: Object.fromEntries(attributes) };
}

function idOf(value: unknown, column: string, where: string): string {
  const id = jsonOf(value);
  if ((typeof id === "string" && id !== "") || typeof id === "number") return String(id);
  throw invalid(`the id column ${JSON.stringify(column)} in ${where}`, "holds no string and no number");
}

function textPart(name: string, value: unknown, where: string, given: ParquetOptions): Part {
  if (value instanceof InvalidValue) throw invalid(where, value.problem);
  const text = value instanceof Uint8Array ? decodeText(value, given.invalidUtf8, "RECORD_INVALID", where) : value;
  if (typeof text !== "string") throw invalid(where, `holds ${typeof value}, expected a string`);
  return { kind: "text", name, mediaType: "text/plain", text };
}

function embeddingPart(name: string, value: unknown, where: string): Part {
  const values = vectorOf(value);
  if (values === undefined) throw invalid(where, "holds no list of numbers");
  return { kind: "embedding", name, values };
}

async function mediaPart(name: string, value: unknown, where: string, given: ParquetOptions): Promise<Part> {
  const bytes = typeof value === "object" && value !== null && "bytes" in value ? value.bytes : value;
  if (!(bytes instanceof Uint8Array)) throw invalid(where, "holds no bytes");
  if (bytes.byteLength === 0) throw new PipelineError("SAMPLE_EMPTY", `${where} holds no bytes`);
  const sniffed = sniffMediaType(bytes, true);
  const { kind, mediaType } = sniffed instanceof Promise ? await sniffed : sniffed;
  if (kind !== "text") return { kind, name, mediaType, content: bytesContent(bytes) };
  return { kind, name, mediaType, text: decodeText(bytes, given.invalidUtf8, "RECORD_INVALID", where) };
}

function invalid(where: string, problem: string): PipelineError {
  return new PipelineError("RECORD_INVALID", `${where} ${problem}`);
}
