import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { asyncBufferFromFile, parquetMetadata, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { EncodedSample } from "../../src/contract/sink.ts";
import { parquet } from "../../src/sinks/parquet.ts";
import { hostileSamples, plainSamples } from "../../src/testing/sink-samples.ts";
import { missingPython, pythonJson, writeShards } from "../fixtures/write-shards.ts";

const reference = { uri: "/in/a.tar", range: { offset: 512, length: 4 } };
const typed = {
  width: "int64",
  score: "double",
  isSharp: "bool",
  labels: ["string"],
  box: { x: "double", y: "double" },
  origin: "json",
} as const;

const example: EncodedSample = {
  id: "a",
  key: "000000000001",
  parts: [
    { kind: "image", name: "image", mediaType: "image/png", bytes: Buffer.from("PNG!"), reference },
    { kind: "text", name: "text", mediaType: "text/plain", text: "Grüße 🙂" },
    { kind: "text", name: "embedding", mediaType: "text/plain", text: "a text, though called embedding" },
    { kind: "audio", name: "left", mediaType: "audio/flac", bytes: Buffer.from("fLaC") },
  ],
  attributes: {
    width: 4,
    score: 0.5,
    isSharp: true,
    labels: ["x", null, "y"],
    box: { y: 2 },
    origin: [1, "2"],
    other: "o",
  },
};

async function rows(file: string): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(file), compressors, utf8: false });
}

test("columns hold parts and attributes with their types", async () => {
  const { files, shards } = await writeShards(parquet, { attributeColumns: typed }, [example]);
  expect(shards[0]?.name).toBe("shard-000012-0000.parquet");
  const none = { text: null, bytes: null, uri: null, offset: null, length: null, values: undefined };
  expect(await rows(files[0] ?? "")).toEqual([
    {
      id: "a",
      key: "000000000001",
      text: "Grüße 🙂",
      caption: null,
      image: new Uint8Array(Buffer.from("PNG!")),
      image_media_type: "image/png",
      video: null,
      video_media_type: null,
      audio: null,
      audio_media_type: null,
      document: null,
      document_media_type: null,
      embedding: undefined,
      width: 4n,
      score: 0.5,
      isSharp: true,
      labels: ["x", null, "y"],
      box: { x: null, y: 2 },
      origin: '[1,"2"]',
      attributes: '{"other":"o"}',
      parts: [
        { name: "image", kind: "image", media_type: "image/png", ...none },
        { name: "text", kind: "text", media_type: "text/plain", ...none },
        { name: "embedding", kind: "text", media_type: "text/plain", ...none, text: "a text, though called embedding" },
        { name: "left", kind: "audio", media_type: "audio/flac", ...none, bytes: new Uint8Array(Buffer.from("fLaC")) },
      ],
    },
  ]);
});

test("what does not fit its column stays in the JSON column", async () => {
  const attributes = { width: 4.5, score: "high", isSharp: null, labels: ["x", 1], box: { x: 1, z: 2 }, origin: null };
  const { files } = await writeShards(parquet, { attributeColumns: typed }, [{ ...example, attributes }]);
  const [row] = await rows(files[0] ?? "");
  expect(row).toMatchObject({
    width: null,
    score: null,
    isSharp: null,
    labels: undefined,
    box: undefined,
    origin: null,
  });
  expect(JSON.parse(String(row?.attributes))).toEqual(attributes);
});

test("the schema depends on the options alone", async () => {
  const schemas = await Promise.all(
    [[example], plainSamples(20, true), hostileSamples(true)].map(async (samples) => {
      const { files } = await writeShards(parquet, {}, samples);
      const content = readFileSync(files[0] ?? "");
      return parquetMetadata(content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength)).schema;
    }),
  );
  expect(schemas[1]).toEqual(schemas[0]);
  expect(schemas[2]).toEqual(schemas[0]);
});

test("references stand for media that the run did not change", async () => {
  const parts: EncodedSample["parts"] = [
    { kind: "image", name: "image", mediaType: "image/png", reference },
    { kind: "video", name: "video", mediaType: "video/mp4", bytes: Buffer.from("mp4") },
    { kind: "audio", name: "left", mediaType: "audio/flac", reference: { uri: "/in/b.flac" } },
  ];
  const { files } = await writeShards(parquet, { media: "reference" }, [{ ...example, parts }]);
  expect(await rows(files[0] ?? "")).toMatchObject([
    {
      image: null,
      image_media_type: "image/png",
      image_uri: "/in/a.tar",
      image_offset: 512n,
      image_length: 4n,
      video: new Uint8Array(Buffer.from("mp4")),
      video_uri: null,
      parts: [{ name: "image" }, { name: "video" }, { name: "left", uri: "/in/b.flac", bytes: null }],
    },
  ]);
});

test("columns of one name are refused", () => {
  const { error } = parquet.options.safeParse({ attributeColumns: { text: "string" } });
  expect(error?.issues[0]?.message).toContain('"text"');
  expect(error?.issues[0]?.path).toEqual(["attributeColumns"]);
  expect(parquet.options.safeParse({ attributeColumns: { box: {} } }).success).toBe(false);
  expect(parquet.options.safeParse({ attributeColumns: { width: "integer" } }).success).toBe(false);
});

test("row groups are bounded by bytes", async () => {
  const { files } = await writeShards(parquet, { rowGroupBytes: "50KiB" }, plainSamples(200, true));
  const content = readFileSync(files[0] ?? "");
  const metadata = parquetMetadata(content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength));
  expect(metadata.row_groups.length).toBeGreaterThan(5);
  for (const { total_byte_size } of metadata.row_groups) expect(Number(total_byte_size)).toBeLessThan(60 * 1024);
  expect(metadata.row_groups[0]?.columns[0]?.meta_data?.codec).toBe("ZSTD");
  expect(metadata.row_groups[0]?.columns[0]?.meta_data?.statistics?.min_value).toBe("photos/0.jpg");
});

const expectedRows = (samples: readonly EncodedSample[]) =>
  samples.map(({ id, parts, attributes }) => {
    const [text, image, embedding] = parts;
    return [
      id,
      text?.kind === "text" ? text.text : null,
      image?.kind === "image" ? image.bytes?.byteLength : null,
      embedding?.kind === "embedding" ? Array.from(embedding.values) : null,
      attributes.width,
      attributes.labels ?? null,
      attributes.box === undefined ? null : attributes.box,
      parts.map(({ name }) => name),
    ];
  });

const noArrow = missingPython("pyarrow");
test.skipIf(noArrow)(`pyarrow reads every row${noArrow ? `: ${noArrow}` : ""}`, async () => {
  const samples = plainSamples(120, true);
  const { files } = await writeShards(parquet, { attributeColumns: typed, rowGroupBytes: "40KiB" }, samples);
  const program = `
import sys, json, pyarrow.parquet as pq
rows = pq.read_table(sys.argv[1]).to_pylist()
print(json.dumps([[r["id"], r["caption"], None if r["image"] is None else len(r["image"]), r["embedding"], r["width"], r["labels"], r["box"], [p["name"] for p in r["parts"]]] for r in rows]))`;
  expect(pythonJson(program, files)).toEqual(expectedRows(samples));
});

const noDuckdb = missingPython("duckdb");
test.skipIf(noDuckdb)(`DuckDB reads every row${noDuckdb ? `: ${noDuckdb}` : ""}`, async () => {
  const samples = plainSamples(120, true);
  const { files } = await writeShards(parquet, { attributeColumns: typed, samplesPerShard: 50 }, samples);
  expect(files).toHaveLength(3);
  const program = `
import sys, json, duckdb
rows = duckdb.sql("select id, caption, octet_length(image), embedding, width, labels, box, [p.name for p in parts] from read_parquet($f) order by key", params={"f": sys.argv[1:]}).fetchall()
print(json.dumps(rows))`;
  expect(pythonJson(program, files)).toEqual(expectedRows(samples));
});

test("long content is whole in every row group and every shard, whatever becomes of the bytes that came", async () => {
  const texts = ["ü".repeat(200), `${"x".repeat(300)}\ud800`, "🙂 ".repeat(200_000), "y".repeat(1_200_000)];
  const sizes = [100, 70_000, 1024 * 1024, 1024 * 1024 + 1];
  const opened = await parquet.open(parquet.options.parse({ rowGroupBytes: "700KiB", samplesPerShard: 30 }));
  for (const attempt of ["first", "second"]) {
    const uri = mkdtempSync(path.join(tmpdir(), "parquet-"));
    onTestFinished(() => rmSync(uri, { recursive: true }));
    const writer = await opened.openWriter({ uri, split: 0, attempt });
    for (let i = 0; i < 40; i++) {
      const bytes = Buffer.alloc(sizes[i % 4] ?? 0, i);
      const text = texts[i % 4] ?? "";
      await writer.write([
        {
          id: String(i),
          key: String(i),
          parts: [
            { kind: "image", name: "image", mediaType: "image/png", bytes },
            { kind: "text", name: "text", mediaType: "text/plain", text: `${i}${text}` },
            { kind: "text", name: "elsewhere", mediaType: "text/plain", text: `${text}${i}` },
          ],
          attributes: {},
        },
      ]);
      bytes.fill(255);
    }
    const read: Record<string, unknown>[] = [];
    for (const { storedAs } of await writer.commit()) read.push(...(await rows(path.join(uri, storedAs))));
    expect(read).toHaveLength(40);
    for (const [i, { image, text, parts }] of read.entries()) {
      const expected = (texts[i % 4] ?? "").replace("\ud800", "\ufffd");
      expect(text === `${i}${expected}`).toBe(true);
      expect(Buffer.alloc(sizes[i % 4] ?? 0, i).equals(Buffer.from(z.instanceof(Uint8Array).parse(image)))).toBe(true);
      expect(z.array(z.looseObject({ text: z.string().nullable() })).parse(parts)[2]?.text === `${expected}${i}`).toBe(
        true,
      );
    }
  }
});
