import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { type ByteRange, defineSource, type SourceItem, type Split } from "../contract/source.ts";
import { byteSize } from "../contract/units.ts";
import { PipelineError } from "../model/errors.ts";
import type { Json } from "../model/json.ts";
import type { Part } from "../model/sample.ts";
import { tooLarge } from "./assemble-sample.ts";
import type { ByteLine } from "./byte-lines.ts";
import { columnTypes, typedCell } from "./csv-cells.ts";
import { type CsvRecord, CsvRecordAssembler, csvFields } from "./csv-records.ts";
import { decodeUtf8, firstInvalidUtf8, invalidText, invalidUtf8Option } from "./decode-text.ts";
import { cutLineSplits, type LineSplit, lineSplitOf, linesOfSplit, restOf } from "./line-splits.ts";
import { listInput, locationOptions } from "./list-input.ts";
import { sampleItem, unreadableItem } from "./read-items.ts";
import { UniqueIds } from "./unique-ids.ts";

const options = z.strictObject({
  ...locationOptions,
  delimiter: z
    .string()
    .regex(/^[\t\x20-\x7e]$/, "expected one ASCII character")
    .optional()
    .describe(
      "Character between fields. Without it: whichever of comma, tab, semicolon and `|` the first line has most of.",
    ),
  columns: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("Names of the columns of files without a header line. Without it the first record of a file names them."),
  textColumn: z
    .string()
    .min(1)
    .nullable()
    .default("text")
    .describe("Column that holds the text; it becomes the part `text`. null = records without text."),
  idColumn: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Column that holds the sample's id. A second record with one id fails. Without it the id is `<path>:<byte offset>`.",
    ),
  columnTypes: z
    .record(z.string(), z.enum(columnTypes))
    .default({})
    .describe("Types of columns that are not strings: `number`, `boolean` or `json`. Their empty cells become null."),
  maxRecordBytes: byteSize
    .default(2 ** 20)
    .describe("Longest record that is read; a longer one fails. Also how far an open quote is followed."),
  invalidUtf8: invalidUtf8Option,
});
type CsvOptions = z.output<typeof options>;

const folderPatterns = ["**/*.{csv,tsv}{,.gz,.zst}"];
const recordsPerBatch = 256;

/**
 * CSV (RFC 4180) with quotes over lines, plain, gzip or zstd (told by content); one split a file. The text column
 * becomes the part `text`, every other column an attribute. A record that cannot be used fails as one
 * sample and names its byte offset; an unclosed quote costs one line.
 */
export const csv = defineSource<CsvOptions, z.input<typeof options>>({
  name: "csv",
  summary: "CSV or TSV with a header line, plain, gzip or zstd.",
  options,
  produces: ({ textColumn }) => ({ attributes: [], isOpen: true, parts: textColumn === null ? [] : ["text"] }),
  resolveLocations: (given, resolve) => ({ ...given, path: resolve(given.path) }),
  open: async (given) => ({
    splits: (signal, leavesOut) =>
      cutLineSplits(listInput(given, folderPatterns, signal, leavesOut), undefined, signal),
    read: (split, signal) => readFile(split, given, signal),
  }),
});

interface Table {
  readonly file: LineSplit;
  readonly delimiter: string;
  readonly columns: readonly string[];
  readonly given: CsvOptions;
  readonly ids: UniqueIds | undefined;
}

async function* readFile(split: Split, given: CsvOptions, signal: AbortSignal): AsyncGenerator<readonly SourceItem[]> {
  const file = lineSplitOf(split);
  let batch: SourceItem[] = [];
  try {
    let table: Table | undefined;
    for await (const record of recordsOf(file, given, signal)) {
      if (table === undefined) {
        table = tableOf(file, record, given);
        if (given.columns === undefined) continue;
      }
      batch.push(itemOfRecord(record.record, table));
      if (batch.length < recordsPerBatch) continue;
      yield batch;
      batch = [];
      signal.throwIfAborted();
    }
  } catch (error) {
    const rest = restOf(file, error);
    batch.push(unreadableItem(rest.id, rest.uri, rest.error));
  }
  if (batch.length > 0) yield batch;
}

interface DelimitedRecord {
  readonly record: CsvRecord;
  readonly delimiter: string;
}

async function* recordsOf(file: LineSplit, given: CsvOptions, signal: AbortSignal): AsyncGenerator<DelimitedRecord> {
  let assembler: CsvRecordAssembler | undefined;
  let delimiter = ",";
  for await (const lines of linesOfSplit(file, given.maxRecordBytes, signal)) {
    for (const found of lines) {
      const line = found.offset === 0 ? withoutMark(found) : found;
      if (assembler === undefined) {
        if (line.byteLength === 0) continue;
        delimiter = given.delimiter ?? likelyDelimiter(line);
        assembler = new CsvRecordAssembler(delimiter, given.maxRecordBytes);
      }
      for (const record of assembler.push(line)) if (!isBlank(record)) yield { record, delimiter };
    }
  }
  for (const record of assembler?.end() ?? []) if (!isBlank(record)) yield { record, delimiter };
}

function isBlank(record: CsvRecord): boolean {
  return record.kind === "record" && record.bytes.length === 0;
}

function withoutMark(line: ByteLine): ByteLine {
  const { bytes } = line;
  if (bytes === undefined || bytes[0] !== 0xef || bytes[1] !== 0xbb || bytes[2] !== 0xbf) return line;
  return { offset: line.offset + 3, bytes: bytes.subarray(3), byteLength: line.byteLength - 3 };
}

function likelyDelimiter({ bytes }: ByteLine): string {
  let best = ",";
  let most = 0;
  for (const candidate of [",", "\t", ";", "|"]) {
    const count = (bytes?.toString("latin1").split(candidate).length ?? 1) - 1;
    if (count > most) [best, most] = [candidate, count];
  }
  return best;
}

function tableOf(file: LineSplit, { record, delimiter }: DelimitedRecord, given: CsvOptions): Table {
  const { uri } = file.file;
  const ids = given.idColumn === undefined ? undefined : new UniqueIds();
  const columns = given.columns ?? headerOf(record, delimiter, uri);
  const needed = [given.textColumn, given.idColumn, ...Object.keys(given.columnTypes)];
  for (const column of needed) {
    if (typeof column !== "string" || columns.includes(column)) continue;
    throw new PipelineError(
      "INVALID_OPTION",
      `${JSON.stringify(uri)} has no column ${JSON.stringify(column)}; it has: ${columns.slice(0, 30).join(", ")}`,
      { details: { path: uri, column, columns: columns.slice(0, 100) } },
    );
  }
  return { file, delimiter, columns, given, ids };
}

function headerOf(record: CsvRecord, delimiter: string, uri: string): readonly string[] {
  const bytes = record.kind === "record" && isUtf8(record.bytes) ? record.bytes : undefined;
  const columns = bytes === undefined ? [] : csvFields(decodeUtf8(bytes), delimiter).map((name) => name.trim());
  if (columns.length > 0 && new Set(columns).size === columns.length) return columns;
  const problem = bytes === undefined ? "cannot be parsed" : "names two columns alike";
  throw new PipelineError(
    "INPUT_CORRUPT",
    `${JSON.stringify(uri)} cannot be read: its header line ${problem}; mend it, or name the columns with \`columns\``,
    { details: { path: uri } },
  );
}

function itemOfRecord(record: CsvRecord, table: Table): SourceItem {
  const { uri } = table.file.file;
  const position = `${table.file.relative}:${record.offset}`;
  const where = `the record at byte ${record.offset} of ${JSON.stringify(uri)}`;
  const range = table.file.compression === "none" ? rangeOf(record) : undefined;
  try {
    const cells = cellsOf(record, table, where);
    const { parts, attributes, id } = sampleFields(cells, table, where, record.offset);
    if (table.ids !== undefined) table.ids.claim(id ?? position, where);
    return sampleItem({ id: id ?? position, parts, attributes }, uri, range);
  } catch (error) {
    if (error instanceof PipelineError && error.scope === "sample") return unreadableItem(position, uri, error, range);
    throw error;
  }
}

function rangeOf(record: CsvRecord): ByteRange {
  return {
    offset: record.offset,
    length: record.kind === "record" ? record.bytes.byteLength : record.byteLength,
  };
}

function cellsOf(record: CsvRecord, { delimiter, columns, given }: Table, where: string): readonly string[] {
  if (record.kind === "too-long") throw tooLarge(where, record.byteLength, given.maxRecordBytes, "maxRecordBytes");
  if (record.kind === "invalid") throw invalid(where, record.offset, record.problem);
  if (given.invalidUtf8 === "fail" && !isUtf8(record.bytes)) {
    throw invalidText(record.offset + firstInvalidUtf8(record.bytes), "UTF-8", "RECORD_INVALID", where);
  }
  const cells = csvFields(record.bytes.toString(), delimiter);
  if (cells.length === columns.length) return cells;
  throw invalid(where, record.offset, `has ${cells.length} fields, expected ${columns.length}`);
}

function sampleFields(
  cells: readonly string[],
  { columns, given }: Table,
  where: string,
  byteOffset: number,
): { readonly id: string | undefined; readonly parts: readonly Part[]; readonly attributes: { [name: string]: Json } } {
  const parts: Part[] = [];
  const entries: [string, Json][] = [];
  let id: string | undefined;
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    if (column === given.idColumn) {
      if (cell === "") throw invalid(where, byteOffset, `has an empty id in the column ${JSON.stringify(column)}`);
      id = cell;
    }
    if (column === given.textColumn) parts.push({ kind: "text", name: "text", mediaType: "text/plain", text: cell });
    else entries.push([column, typedCell(cell, given.columnTypes[column], column, where)]);
  }
  return { id, parts, attributes: Object.fromEntries(entries) };
}

function invalid(where: string, byteOffset: number, what: string): PipelineError {
  return new PipelineError("RECORD_INVALID", `${where} ${what}`, { details: { byteOffset } });
}
