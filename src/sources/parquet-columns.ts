import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { PipelineError } from "../model/errors.ts";

/** What a column becomes. */
export type ColumnUse = "id" | "text" | "media" | "embedding" | "attribute";

interface ColumnChoice {
  readonly textColumns?: readonly string[] | undefined;
  readonly mediaColumns?: readonly string[] | undefined;
  readonly embeddingColumns: readonly string[];
  readonly idColumn?: string | undefined;
  readonly columns?: readonly string[] | undefined;
}

/** Columns of text that become parts when nobody says which do. */
const usualTextColumns = ["text", "caption"];

/**
 * The use of each column that is read, in the file's order. Columns that hold binary, or a struct with a binary
 * field `bytes` as Hugging Face datasets have it, are media unless `mediaColumns` says otherwise.
 * Throws INVALID_OPTION when a column that is named does not exist.
 */
export function columnUses(tree: SchemaTree, choice: ColumnChoice, uri: string): ReadonlyMap<string, ColumnUse> {
  const all = tree.children.map(({ element }) => element.name);
  const named = [
    ...(choice.textColumns ?? []),
    ...(choice.mediaColumns ?? []),
    ...choice.embeddingColumns,
    ...(choice.columns ?? []),
    ...(choice.idColumn === undefined ? [] : [choice.idColumn]),
  ];
  for (const column of named) {
    if (all.includes(column)) continue;
    throw new PipelineError(
      "INVALID_OPTION",
      `${JSON.stringify(uri)} has no column ${JSON.stringify(column)}; it has: ${all.slice(0, 30).join(", ")}`,
      { details: { path: uri, column, columns: all.slice(0, 100) } },
    );
  }
  const uses = new Map<string, ColumnUse>();
  for (const column of tree.children) {
    const { name } = column.element;
    const use = useOf(column, choice);
    if (use !== "attribute" || choice.columns === undefined || choice.columns.includes(name)) uses.set(name, use);
  }
  return uses;
}

function useOf(column: SchemaTree, choice: ColumnChoice): ColumnUse {
  const { name } = column.element;
  if (name === choice.idColumn) return "id";
  if (choice.embeddingColumns.includes(name)) return "embedding";
  if (choice.textColumns?.includes(name)) return "text";
  if (choice.mediaColumns?.includes(name)) return "media";
  if (choice.textColumns === undefined && usualTextColumns.includes(name) && isText(column.element)) return "text";
  return choice.mediaColumns === undefined && holdsMedia(column) ? "media" : "attribute";
}

function holdsMedia(column: SchemaTree): boolean {
  if (column.element.repetition_type === "REPEATED") return false;
  if (column.children.length === 0) return isBinary(column.element);
  return column.children.some(
    (child) => child.element.name === "bytes" && child.children.length === 0 && isBinary(child.element),
  );
}

function isText({ type, converted_type, logical_type }: SchemaElement): boolean {
  return type === "BYTE_ARRAY" && (converted_type === "UTF8" || logical_type?.type === "STRING");
}

function isBinary({ type, converted_type, logical_type }: SchemaElement): boolean {
  return type === "BYTE_ARRAY" && converted_type === undefined && logical_type === undefined;
}

interface RowGroupRun {
  readonly firstRow: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Neighbouring row groups up to `splitBytes` together. */
export function rowGroupRuns(metadata: FileMetaData, splitBytes: number): readonly RowGroupRun[] {
  const runs: RowGroupRun[] = [];
  let firstRow = 0;
  for (const { num_rows, columns } of metadata.row_groups) {
    const rows = Number(num_rows);
    const bytes = columns.reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0n), 0);
    const last = runs.at(-1);
    if (last !== undefined && last.bytes + bytes <= splitBytes) {
      runs[runs.length - 1] = { firstRow: last.firstRow, rows: last.rows + rows, bytes: last.bytes + bytes };
    } else if (rows > 0) {
      runs.push({ firstRow, rows, bytes });
    }
    firstRow += rows;
  }
  return runs;
}

/** Row groups that hold rows of [firstRow, firstRow + rows), as row ranges. */
export function rowGroupsOf(
  metadata: FileMetaData,
  firstRow: number,
  rows: number,
): readonly { readonly start: number; readonly end: number }[] {
  const groups: { readonly start: number; readonly end: number }[] = [];
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows);
    if (end > firstRow && start < firstRow + rows) groups.push({ start, end });
    start = end;
  }
  return groups;
}
