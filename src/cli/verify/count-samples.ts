import { builtinCatalog } from "../../builtin-catalog.ts";
import type { InputFile } from "../../contract/source.ts";
import { readQuarantineFile } from "../../ledger/quarantine-records.ts";
import { messageOf, PipelineError } from "../../model/errors.ts";
import { byteLines } from "../../sources/byte-lines.ts";
import { compressionOf, streamDecompressed } from "../../sources/open-bytes.ts";
import { openParquet } from "../../sources/parquet-file.ts";

const longestLineBytes = 2 ** 29;

/**
 * Reads a shard from end to end as its readers do, and answers how many whole samples it holds; undefined for a
 * sink whose format is not known here. Rejects with DATASET_DAMAGED, or with what the reader says.
 */
export async function countShardSamples(sink: string, file: InputFile): Promise<number | undefined> {
  if (sink === "webdataset") return countGroups(file);
  if (sink === "jsonl") return countJsonLines(file);
  return sink === "parquet" ? countRows(file) : undefined;
}

/** The records of a quarantine file. Rejects with DATASET_DAMAGED when a line is none. */
export async function countQuarantined(file: InputFile): Promise<number> {
  let records = 0;
  for await (const line of readQuarantineFile(file.uri)) {
    if (line.kind === "broken") throw damaged(file, `line ${line.line} is no record: ${line.problem}`);
    records++;
  }
  return records;
}

/** The lines of a text file, compressed or not, each of which must be JSON. */
export async function countJsonLines(file: InputFile): Promise<number> {
  const { signal } = new AbortController();
  const compression = await compressionOf(file, signal);
  let count = 0;
  for await (const lines of byteLines(streamDecompressed(file, compression, signal), 0, longestLineBytes)) {
    for (const { bytes } of lines) {
      count++;
      try {
        JSON.parse(bytes?.toString("utf8") ?? "");
      } catch (cause) {
        throw damaged(file, `line ${count} is not JSON: ${messageOf(cause)}`, cause);
      }
    }
  }
  return count;
}

async function countGroups(file: InputFile): Promise<number> {
  const spec = await builtinCatalog.sources.webdataset();
  const source = await spec.open(spec.options.parse({ path: file.uri, maxSampleBytes: Number.MAX_SAFE_INTEGER }));
  const { signal } = new AbortController();
  let samples = 0;
  for await (const split of source.splits(signal)) {
    for await (const items of source.read(split, signal)) {
      for (const item of items) {
        if (item.kind === "unreadable") throw damaged(file, item.unreadable.error.message, item.unreadable.error);
        samples++;
      }
    }
  }
  return samples;
}

async function countRows(file: InputFile): Promise<number> {
  const opened = await openParquet(file, "fail", new AbortController().signal);
  let rows = 0;
  for (const { num_rows } of opened.metadata.row_groups) {
    const count = Number(num_rows);
    rows += (await opened.rows(rows, rows + count, ["id"])).length;
  }
  return rows;
}

function damaged(file: InputFile, what: string, cause?: unknown): PipelineError {
  return new PipelineError("DATASET_DAMAGED", `${file.uri}: ${what}`, { cause, details: { uri: file.uri } });
}
