import { constants, zstdCompressSync } from "node:zlib";
import type { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { z } from "zod";
import { defineSink } from "../contract/sink.ts";
import { byteSize } from "../contract/units.ts";
import type { ShardFile } from "../storage/shard-file.ts";
import { type FreeSlabs, KeptContent } from "./kept-content.ts";
import { attributeType, type Cell } from "./parquet-attribute-type.ts";
import { cellBytes, cellsOf, columnsOf, type ParquetColumn, type ParquetLayout } from "./parquet-columns.ts";
import { openRollingWriter, type ShardEncoder, type ShardFormat, shardLimitOptions } from "./rolling-writer.ts";

const compressionLevel = 3;
const pageBytes = 1024 * 1024;
const ownChunkBytes = 64 * 1024;
const compressedMediaTypes =
  /^(image\/(jpeg|png|webp|gif|avif|hei[cf]|jxl|jp2)|video\/.+|audio\/(mpeg|mp4|aac|flac|x-flac|ogg|opus|webm|x-m4a)|application\/pdf)$/;
/** The end of a file: schema and, per row group and column, about this much. */
const footerBytesPerColumn = 150;

const options = z
  .strictObject({
    ...shardLimitOptions({ samplesPerShard: 100_000, shardBytes: "256MiB" }),
    rowGroupBytes: byteSize
      .pipe(z.int().min(1))
      .prefault("6MiB")
      .describe(
        'Size of a row group before compression, as bytes or "16MiB". It bounds the memory of the sink, which takes some twelve times this.',
      ),
    media: z
      .enum(["binary", "reference"])
      .default("binary")
      .describe(
        "`binary` stores media in the file; `reference` stores where the input holds them (`<part>_uri`, `_offset`, `_length`), and binary only of what the run changed.",
      ),
    partColumns: z
      .record(z.string().min(1), z.enum(["text", "media", "embedding"]))
      .default({
        text: "text",
        caption: "text",
        image: "media",
        video: "media",
        audio: "media",
        document: "media",
        embedding: "embedding",
      })
      .describe(
        "Parts that get columns of their own, by name: `text`, `media` (binary, with `<part>_media_type` beside it) or `embedding` (list of float32).",
      ),
    attributeColumns: z
      .record(z.string().min(1), attributeType)
      .default({})
      .describe(
        'Attributes that get typed columns, by name: "bool", "int64", "double", "string", "json", a list such as ["string"], or a struct such as { x: "double" }. All others, and values that do not fit, are in the JSON column `attributes`.',
      ),
  })
  .superRefine((given, context) => {
    const seen = new Set<string>();
    for (const { name } of columnsOf(given)) {
      if (seen.has(name)) {
        context.addIssue({
          code: "custom",
          path: [Object.hasOwn(given.attributeColumns, name) ? "attributeColumns" : "partColumns"],
          message: `two columns would be named ${JSON.stringify(name)}: rename the part or the attribute`,
        });
      }
      seen.add(name);
    }
  });
type Options = z.infer<typeof options>;

/**
 * Parquet shards, zstd-compressed. The schema follows from the options alone, so every shard of a
 * dataset has the same: `id`, `key`, the columns of `partColumns` and `attributeColumns` in their
 * order, `attributes` (JSON of the attributes without a column of their own), and `parts`, which
 * lists every part of the sample in order, with its content where no column holds it.
 */
export const parquet = defineSink({
  name: "parquet",
  summary: "Writes Parquet shards with one fixed schema: typed columns, nested lists, media as binary or references.",
  options,
  needsBytes: ({ media }) => media === "binary",
  async open(opened) {
    const library = await import("hyparquet-writer");
    const format = parquetFormat(opened, library);
    return { openWriter: async (destination) => openRollingWriter(format, opened, destination) };
  },
});

interface ParquetRow {
  readonly bytes: number;
  readonly cells: readonly Cell[];
}

interface ParquetLibrary {
  readonly ByteWriter: typeof ByteWriter;
  readonly ParquetWriter: typeof ParquetWriter;
}

function parquetFormat(opened: Options, library: ParquetLibrary): ShardFormat<ParquetRow> {
  const layout: ParquetLayout = opened;
  const columns = columnsOf(layout);
  const freeSlabs: FreeSlabs = [];
  return {
    extension: "parquet",
    prepare(sample) {
      const cells = cellsOf(sample, layout);
      let bytes = 0;
      for (const cell of cells) bytes += cellBytes(cell);
      return { bytes, cells };
    },
    begin: (file) => parquetEncoder(file, columns, opened.rowGroupBytes, new KeptContent(freeSlabs), library),
  };
}

function parquetEncoder(
  file: ShardFile,
  columns: readonly ParquetColumn[],
  rowGroupBytes: number,
  content: KeptContent,
  library: ParquetLibrary,
): ShardEncoder<ParquetRow> {
  const output = chunkedOutput(new library.ByteWriter());
  const writer = new library.ParquetWriter({
    writer: output.writer,
    schema: [{ name: "schema", num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)],
    codec: "ZSTD",
    compressors: { ZSTD: compress },
    createdBy: "multimodal-pipeline",
  });
  let data: readonly Cell[][] = columns.map(() => []);
  let pendingRows = 0;
  let pendingBytes = 0;
  let rowGroups = 0;

  const passOn = async () => {
    const written = file.write(output.take());
    if (written !== undefined) await written;
  };

  const writeRowGroup = async () => {
    const columnData = columns.map(({ name, isContent, isMedia }, i) => ({
      name,
      data: data[i] ?? [],
      statistics: !isContent,
      codec: isMedia && data[i + 1]?.every(isCompressed) === true ? ("UNCOMPRESSED" as const) : ("ZSTD" as const),
      ...(isContent ? { encoding: "PLAIN" as const } : {}),
    }));
    await writer.write({ columnData, rowGroupSize: pendingRows, pageSize: pageBytes });
    content.clear();
    data = columns.map(() => []);
    pendingRows = 0;
    pendingBytes = 0;
    rowGroups++;
    await passOn();
  };

  return {
    get bytes() {
      return file.bytes + pendingBytes + (rowGroups + 1) * columns.length * footerBytesPerColumn;
    },
    add({ cells, bytes }) {
      for (let i = 0; i < columns.length; i++) {
        const cell = cells[i] ?? null;
        data[i]?.push(columns[i]?.isContent === true ? content.keep(cell) : cell);
      }
      pendingRows++;
      pendingBytes += bytes;
      return pendingBytes < rowGroupBytes ? undefined : writeRowGroup();
    },
    async finish() {
      if (pendingRows > 0) await writeRowGroup();
      await writer.finish();
      await passOn();
    },
  };
}

/** Keeps whole pages as they come, instead of copying them into one growing buffer. */
function chunkedOutput(writer: ByteWriter) {
  let chunks: Uint8Array[] = [];
  const appendSmall = writer.appendBytes.bind(writer);
  const closeChunk = () => {
    if (writer.index > 0) chunks.push(writer.getBytes().slice());
    writer.index = 0;
  };
  writer.appendBytes = (value) => {
    if (value.byteLength < ownChunkBytes) return appendSmall(value);
    closeChunk();
    chunks.push(value);
    writer.offset += value.byteLength;
  };
  return {
    writer,
    take(): readonly Uint8Array[] {
      closeChunk();
      const taken = chunks;
      chunks = [];
      return taken;
    },
  };
}

/** Whether a media type's content is compressed by itself: packing it again costs much and gains nothing. */
function isCompressed(mediaType: Cell): boolean {
  return typeof mediaType !== "string" || compressedMediaTypes.test(mediaType);
}

function compress(page: Uint8Array): Uint8Array {
  return zstdCompressSync(page, { params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } });
}
