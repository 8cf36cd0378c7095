import { z } from "zod";
import type { InputFile } from "../../contract/source.ts";
import { PipelineError } from "../../model/errors.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { byteLines } from "../../sources/byte-lines.ts";
import { compressionOf, streamDecompressed } from "../../sources/open-bytes.ts";
import type { FormatPlace } from "./shard-place.ts";

const record = z.looseObject({ id: z.string(), attributes: z.custom<JsonObject>(isJsonObject) });
const longestLineBytes = 2 ** 29;

/** Line `row` (from 0) of a shard. Rejects with DATASET_DAMAGED when there is none. */
export async function jsonlPlace(file: InputFile, row: number): Promise<FormatPlace> {
  const { signal } = new AbortController();
  const compression = await compressionOf(file, signal);
  let first = 0;
  for await (const lines of byteLines(streamDecompressed(file, compression, signal), 0, longestLineBytes)) {
    const line = lines[row - first];
    first += lines.length;
    if (line === undefined) continue;
    const { offset, byteLength } = line;
    const { id, attributes } = record.parse(JSON.parse(line.bytes?.toString("utf8") ?? ""));
    return { id, attributes, where: { format: "lines", line: row + 1, offset, bytes: byteLength, compression } };
  }
  throw new PipelineError("DATASET_DAMAGED", `${file.uri} has ${first} lines: expected at least ${row + 1}`);
}
