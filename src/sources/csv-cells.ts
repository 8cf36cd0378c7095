import { PipelineError } from "../model/errors.ts";
import type { Json } from "../model/json.ts";

export const columnTypes = ["string", "number", "boolean", "json"] as const;
type ColumnType = (typeof columnTypes)[number];

/** The value of a cell; null for an empty one that is no string. Throws RECORD_INVALID. */
export function typedCell(cell: string, type: ColumnType | undefined, column: string, where: string): Json {
  if (type === undefined || type === "string") return cell;
  const text = cell.trim();
  if (text === "") return null;
  if (type === "number" && Number.isFinite(Number(text))) return Number(text);
  if (type === "boolean" && /^(?:true|false|1|0)$/i.test(text)) return text === "1" || text.toLowerCase() === "true";
  if (type === "json") {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new PipelineError("RECORD_INVALID", unexpected(cell, type, column, where), { cause: error });
    }
  }
  throw new PipelineError("RECORD_INVALID", unexpected(cell, type, column, where), { details: { column } });
}

function unexpected(cell: string, type: ColumnType, column: string, where: string): string {
  return `${where} has ${JSON.stringify(cell.slice(0, 40))} in the column ${JSON.stringify(column)}, expected ${type}`;
}
