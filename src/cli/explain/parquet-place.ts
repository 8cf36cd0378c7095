import { z } from "zod";
import type { InputFile } from "../../contract/source.ts";
import { PipelineError } from "../../model/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { openParquet } from "../../sources/parquet-file.ts";
import { InvalidValue, jsonOf } from "../../sources/parquet-values.ts";
import type { FormatPlace } from "./shard-place.ts";

/** Row `row` (from 0) of a shard that the sink wrote with `options`. Rejects with DATASET_DAMAGED when there is none. */
export async function parquetPlace(file: InputFile, row: number, options: JsonObject): Promise<FormatPlace> {
  const opened = await openParquet(file, "replace", new AbortController().signal);
  const columns = isJsonObject(options.attributeColumns) ? options.attributeColumns : {};
  const [found] = await opened.rows(row, row + 1, ["id", "attributes", ...Object.keys(columns)]);
  if (found === undefined) {
    throw new PipelineError("DATASET_DAMAGED", `${file.uri} has ${opened.metadata.num_rows} rows: expected row ${row}`);
  }
  const attributes: { [name: string]: Json } = { ...parsedObject(found.attributes) };
  for (const [name, type] of Object.entries(columns)) {
    const value = type === "json" ? parsedJson(found[name]) : jsonOf(found[name]);
    if (value !== null && !(value instanceof InvalidValue)) attributes[name] = value;
  }
  let start = 0;
  let rowGroup = 0;
  for (const { num_rows } of opened.metadata.row_groups) {
    if (row < start + Number(num_rows)) break;
    start += Number(num_rows);
    rowGroup++;
  }
  return { id: String(found.id), attributes, where: { format: "parquet", rowGroup, rowInGroup: row - start } };
}

function parsedObject(value: unknown): JsonObject {
  const parsed = parsedJson(value);
  return isJsonObject(parsed) ? parsed : {};
}

/** Null for what the sink would not have written. */
function parsedJson(value: unknown): Json {
  if (typeof value !== "string") return null;
  return z.json().parse(JSON.parse(value));
}
