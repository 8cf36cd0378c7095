import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceItem, Split } from "../contract/source.ts";
import { checkSource } from "../testing/check-source.ts";
import { parquet } from "./parquet.ts";

const { signal } = new AbortController();
const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
let folder = "";
let file = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "parquet-source-"));
  file = path.join(folder, "a.parquet");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Written = Parameters<typeof parquetWriteBuffer>[0];

async function write(columnData: Written["columnData"], more: Omit<Written, "columnData"> = {}): Promise<void> {
  await writeFile(file, new Uint8Array(parquetWriteBuffer({ columnData, ...more })));
}

async function read(
  options: object = {},
): Promise<{ readonly splits: readonly Split[]; readonly items: SourceItem[] }> {
  const source = await parquet.open(parquet.options.parse({ path: folder, ...options }));
  const splits: Split[] = [];
  const items: SourceItem[] = [];
  for await (const split of source.splits(signal)) {
    splits.push(split);
    for await (const batch of source.read(split, signal)) items.push(...batch);
  }
  return { splits, items };
}

async function linesOf(options: object = {}): Promise<readonly string[]> {
  return (await read(options)).items.map((item) => {
    if (item.kind === "unreadable") return `${item.unreadable.id} ${item.unreadable.error.code}`;
    const parts = item.sample.parts.map((part) => {
      if (part.kind === "text") return `${part.name}=${part.text}`;
      return part.kind === "embedding"
        ? `${part.name}=[${[...part.values].join()}]`
        : `${part.name}=${part.mediaType} ${part.content.peek()?.byteLength}`;
    });
    return [item.sample.id, ...parts, JSON.stringify(item.sample.attributes)].join(" ");
  });
}

describe("parquet", () => {
  it("makes text, media and embedding parts, and JSON attributes in full precision", async () => {
    await write([
      { name: "text", data: ["one", "zwei ü"], type: "STRING" },
      { name: "image", data: [jpeg, null], type: "BYTE_ARRAY" },
      { name: "small", data: [7n, -3n], type: "INT64" },
      { name: "large", data: [9007199254740993n, -9007199254740993n], type: "INT64" },
      { name: "score", data: [0.5, Number.NaN], type: "DOUBLE" },
      {
        name: "at",
        data: [new Date("2026-01-02T03:04:05.678Z"), new Date("1969-12-31T23:59:59.999Z")],
        type: "TIMESTAMP",
      },
      { name: "meta", data: [{ a: [1] }, { a: [] }], type: "JSON" },
    ]);
    expect(await linesOf()).toEqual([
      'a.parquet:0 text=one image=image/jpeg 7 {"small":7,"large":"9007199254740993","score":0.5,"at":"2026-01-02T03:04:05.678Z","meta":{"a":[1]}}',
      'a.parquet:1 text=zwei ü {"small":-3,"large":"-9007199254740993","score":null,"at":"1969-12-31T23:59:59.999Z","meta":{"a":[]}}',
    ]);
  });

  it("keeps microseconds, also before 1970", async () => {
    await write([{ name: "at", data: [1_700_000_000_123_456n, -1n] }], {
      schema: [
        { name: "root", num_children: 1 },
        { name: "at", type: "INT64", converted_type: "TIMESTAMP_MICROS", repetition_type: "REQUIRED" },
      ],
    });
    expect(await linesOf()).toEqual([
      'a.parquet:0 {"at":"2023-11-14T22:13:20.123456Z"}',
      'a.parquet:1 {"at":"1969-12-31T23:59:59.999999Z"}',
    ]);
  });

  it("reads structs with bytes as Hugging Face has them, lists as embeddings, and zstd", async () => {
    await write(
      [
        { name: "image", data: [{ bytes: jpeg, path: "x.jpg" }] },
        { name: "vector", data: [[0.5, -2]] },
      ],
      {
        codec: "ZSTD",
        compressors: { ZSTD: (input) => zstdCompressSync(input) },
        schema: [
          { name: "root", num_children: 2 },
          { name: "image", num_children: 2, repetition_type: "OPTIONAL" },
          { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
          { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
          { name: "vector", num_children: 1, converted_type: "LIST", repetition_type: "OPTIONAL" },
          { name: "list", num_children: 1, repetition_type: "REPEATED" },
          { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
        ],
      },
    );
    expect(await linesOf({ embeddingColumns: ["vector"] })).toEqual([
      "a.parquet:0 image=image/jpeg 7 vector=[0.5,-2] {}",
    ]);
    expect(await linesOf()).toEqual(['a.parquet:0 image=image/jpeg 7 {"vector":[0.5,-2]}']);
  });

  it("takes ids and columns by name, and names one that is missing", async () => {
    await write([
      { name: "key", data: ["x", "y", "x"], type: "STRING" },
      { name: "body", data: ["1", "2", "3"], type: "STRING" },
      { name: "a", data: [1, 2, 3], type: "INT32" },
      { name: "b", data: [1, 2, 3], type: "INT32" },
    ]);
    expect(await linesOf({ idColumn: "key", textColumns: ["body"], columns: ["a"] })).toEqual([
      'x body=1 {"key":"x","a":1}',
      'y body=2 {"key":"y","a":2}',
      "a.parquet:2 ID_NOT_UNIQUE",
    ]);
    await expect(linesOf({ textColumns: ["nope"] })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining('no column "nope"; it has: key, body, a, b'),
    });
  });

  it("fails only the rows that hold what is wrong", async () => {
    const bytes = (text: string) => Buffer.from(text, "latin1");
    await write(
      [
        { name: "text", data: [bytes("good"), bytes("caf\xe9"), bytes("good")] },
        { name: "meta", data: [{ k: 1 }, { k: 2 }, { k: 3 }] },
      ],
      {
        statistics: false,
        codec: "UNCOMPRESSED",
        schema: [
          { name: "root", num_children: 2 },
          { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
          { name: "meta", type: "BYTE_ARRAY", converted_type: "JSON", repetition_type: "REQUIRED" },
        ],
      },
    );
    const content = await readFile(file);
    content.write("]", content.indexOf('{"k":3}') + 6);
    await writeFile(file, content);
    expect(await linesOf()).toEqual([
      'a.parquet:0 text=good {"meta":{"k":1}}',
      "a.parquet:1 RECORD_INVALID",
      "a.parquet:2 RECORD_INVALID",
    ]);
    expect((await linesOf({ invalidUtf8: "replace" }))[1]).toBe('a.parquet:1 text=caf\ufffd {"meta":{"k":2}}');
  });

  it("cuts splits at row groups and gives the same rows however it is cut", async () => {
    const data = Array.from({ length: 250 }, (_, index) => `row ${index}`);
    await write([{ name: "text", data, type: "STRING" }], { rowGroupSize: 100 });
    const { splits } = await read({ splitBytes: 1 });
    expect(splits.map(({ samples }) => samples)).toEqual([100, 100, 50]);
    const lines = await linesOf({ splitBytes: 1 });
    expect(lines).toEqual(data.map((text, index) => `a.parquet:${index} text=${text} {}`));
    expect(await linesOf()).toEqual(lines);
  });

  it("accounts for files that are damaged, and keeps what can be read", async () => {
    const data = Array.from({ length: 200 }, (_, index) => `row ${index} ${"x".repeat(index)}`);
    await write([{ name: "text", data, type: "STRING" }], {
      rowGroupSize: 100,
      codec: "ZSTD",
      compressors: { ZSTD: (input) => zstdCompressSync(input) },
    });
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length - 100));
    expect(await linesOf()).toEqual(["a.parquet:0:rest INPUT_CORRUPT"]);
    const second = whole.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 200);
    await writeFile(
      file,
      Buffer.concat([whole.subarray(0, second), Buffer.alloc(40, 255), whole.subarray(second + 40)]),
    );
    const lines = await linesOf();
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe("a.parquet:100:rest INPUT_CORRUPT");
    await writeFile(file, "no parquet at all");
    expect(await linesOf()).toEqual(["a.parquet:0:rest INPUT_CORRUPT"]);
  });

  it("keeps the source contract", async () => {
    await write(
      [
        { name: "text", data: ["a", "b", "c"], type: "STRING" },
        { name: "image", data: [jpeg, new Uint8Array(), jpeg], type: "BYTE_ARRAY" },
      ],
      { rowGroupSize: 2 },
    );
    const result = await checkSource(
      parquet,
      { path: folder, splitBytes: 1 },
      { changeFile: (uri) => appendFile(uri, "more") },
    );
    expect(result).toEqual({ splits: 2, samples: 2, unreadable: 1 });
  });
});
