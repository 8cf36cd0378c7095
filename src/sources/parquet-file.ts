import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from "hyparquet";
import type { InputFile } from "../contract/source.ts";
import { messageOf, PipelineError } from "../model/errors.ts";
import { corrupt, readRange } from "./open-bytes.ts";
import { jsonParsers } from "./parquet-values.ts";

export type ParquetRow = { readonly [column: string]: unknown };

interface ParquetFile {
  readonly metadata: FileMetaData;
  readonly schema: SchemaTree;
  /** Rows of [start, end), with the columns given. Rejects with INPUT_CORRUPT or the storage's error. */
  rows(start: number, end: number, columns: readonly string[]): Promise<readonly ParquetRow[]>;
}

/** Reads the footer. Rejects with INPUT_CORRUPT when the file is no Parquet file. */
export async function openParquet(
  file: InputFile,
  invalidUtf8: "fail" | "replace",
  signal: AbortSignal,
): Promise<ParquetFile> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const parsers = jsonParsers(invalidUtf8);
  const buffer = asyncBuffer(file, signal);
  const metadata = await orCorrupt(file, () => parquetMetadataAsync(buffer, { parsers, geoparquet: false }));
  const compressors = await decompressors();
  return {
    metadata,
    schema: parquetSchema(metadata),
    rows: (rowStart, rowEnd, columns) =>
      orCorrupt(file, () =>
        parquetReadObjects({
          file: buffer,
          metadata,
          columns: [...columns],
          rowStart,
          rowEnd,
          compressors,
          parsers,
          geoparquet: false,
          utf8: false,
        }),
      ),
  };
}

/** Node's own decompressors where it has them: they are several times faster, and bound what they give. */
async function decompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  return {
    ...compressors,
    GZIP: (input, outputLength) => gunzipSync(input, { maxOutputLength: Math.max(1, outputLength) }),
    BROTLI: (input, outputLength) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
    ZSTD: (input, outputLength) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, outputLength) }),
  };
}

function asyncBuffer(file: InputFile, signal: AbortSignal): AsyncBuffer {
  return {
    byteLength: file.bytes,
    async slice(start, end = file.bytes) {
      const offset = start < 0 ? Math.max(0, file.bytes + start) : start;
      const bytes = await readRange(file, offset, Math.max(0, end - offset), signal);
      const { buffer, byteOffset, byteLength } = bytes;
      if (buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength === byteLength) return buffer;
      return new Uint8Array(bytes).buffer;
    },
  };
}

async function orCorrupt<Result>(file: InputFile, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Errors of storage, and of an abort, are not the file's.
    if (error instanceof PipelineError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw corrupt(file, `it is damaged or no Parquet file (${messageOf(error)})`, error);
  }
}
