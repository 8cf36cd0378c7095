import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import type { EncodedSample } from "../../src/contract/sink.ts";
import { jsonl } from "../../src/sinks/jsonl.ts";
import { hostileNames, hostileSamples } from "../../src/testing/sink-samples.ts";
import { writeShards } from "../fixtures/write-shards.ts";

const reference = { uri: "/in/a.tar", range: { offset: 512, length: 4 } };
const example: EncodedSample = {
  id: "a",
  key: "000000000001",
  parts: [
    { kind: "text", name: "text", mediaType: "text/plain", text: "Grüße\n" },
    { kind: "text", name: "page", mediaType: "text/html", text: "<p>" },
    { kind: "text", name: "id", mediaType: "text/plain", text: "not the id" },
    { kind: "image", name: "image", mediaType: "image/png", bytes: Buffer.from("PNG!"), reference },
    { kind: "embedding", name: "embedding", values: Float32Array.of(0.5, 2) },
  ],
  attributes: { score: 0.25 },
};

const lines = (content: Buffer) =>
  content
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));

test("a line holds id, parts by name and attributes", async () => {
  const { files } = await writeShards(jsonl, {}, [example]);
  expect(lines(readFileSync(files[0] ?? ""))).toEqual([
    {
      id: "a",
      text: "Grüße\n",
      page: { kind: "text", mediaType: "text/html", text: "<p>" },
      "part.id": "not the id",
      image: { kind: "image", mediaType: "image/png", base64: "UE5HIQ==" },
      embedding: { kind: "embedding", values: [0.5, 2] },
      attributes: { score: 0.25 },
    },
  ]);
});

test("references stand for media that the run did not change, bytes for those that it did", async () => {
  const parts: EncodedSample["parts"] = [
    { kind: "image", name: "kept", mediaType: "image/png", reference },
    { kind: "image", name: "whole", mediaType: "image/png", reference: { uri: "/in/b.png" } },
    { kind: "image", name: "changed", mediaType: "image/png", bytes: Buffer.from("PNG!") },
  ];
  const { files } = await writeShards(jsonl, { media: "reference" }, [{ ...example, parts }]);
  expect(lines(readFileSync(files[0] ?? ""))).toMatchObject([
    {
      kept: { kind: "image", mediaType: "image/png", uri: "/in/a.tar", offset: 512, length: 4 },
      whole: { kind: "image", mediaType: "image/png", uri: "/in/b.png" },
      changed: { kind: "image", mediaType: "image/png", base64: "UE5HIQ==" },
    },
  ]);
});

test("parts of every name survive", async () => {
  const { files } = await writeShards(jsonl, {}, hostileSamples(true));
  const row = lines(readFileSync(files[0] ?? ""))[hostileNames.length];
  const found = new Set(Object.values(row ?? {}).filter((value) => typeof value === "string"));
  for (const name of hostileNames) expect(found).toContain(`text of ${name}`);
});

test.each([
  ["gzip", "gz", gunzipSync],
  ["zstd", "zst", zstdDecompressSync],
] as const)("%s holds the same lines, as one stream", async (compression, suffix, decompress) => {
  const samples = Array.from({ length: 500 }, (_, i) => ({
    ...example,
    id: `${i}`,
    attributes: { filler: "x".repeat(i * 4) },
  }));
  const plain = await writeShards(jsonl, {}, samples);
  const packed = await writeShards(jsonl, { compression }, samples);
  expect(packed.shards[0]?.name).toBe(`shard-000012-0000.jsonl.${suffix}`);
  expect(decompress(readFileSync(packed.files[0] ?? "")).equals(readFileSync(plain.files[0] ?? ""))).toBe(true);
  expect(packed.shards[0]?.bytes).toBeLessThan((plain.shards[0]?.bytes ?? 0) / 5);
});

test("gzip's own program finds the archive sound", async () => {
  const { files } = await writeShards(jsonl, { compression: "gzip" }, [example]);
  execFileSync("gzip", ["-t", files[0] ?? ""]);
});

test("the borders of compressed shards do not depend on batches", async () => {
  const noise = (i: number) => createHash("shake256", { outputLength: 6000 }).update(`${i}`).digest("base64");
  const samples = Array.from({ length: 300 }, (_, i) => ({ ...example, id: `${i}`, attributes: { noise: noise(i) } }));
  const options = { compression: "zstd", shardBytes: "500KiB" } as const;
  const [one, other] = [await writeShards(jsonl, options, samples, 1), await writeShards(jsonl, options, samples, 300)];
  expect(one.shards.length).toBeGreaterThan(1);
  expect(one.shards).toEqual(other.shards);
});
