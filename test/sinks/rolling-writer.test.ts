import { mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shardName } from "../../src/sinks/rolling-writer.ts";
import { webdataset } from "../../src/sinks/webdataset.ts";
import { plainSamples } from "../../src/testing/sink-samples.ts";

async function openWriter(attempt: string) {
  const folder = mkdtempSync(path.join(tmpdir(), "rolling-writer-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const sink = await webdataset.open(webdataset.options.parse({ samplesPerShard: 4 }));
  return { folder, writer: await sink.openWriter({ uri: folder, split: 1, attempt }) };
}

test("names sort as the dataset does, up to a million splits", () => {
  expect(shardName(7, 0, "tar")).toBe("shard-000007-0000.tar");
  expect(shardName(1_234_567, 12_345, "jsonl.gz")).toBe("shard-1234567-12345.jsonl.gz");
});

test("a commit that fails half-way leaves nothing once it is aborted", async () => {
  const { folder, writer } = await openWriter("x1");
  await writer.write(plainSamples(10, true));
  expect(readdirSync(folder).sort()).toEqual([
    ".shard-000001-0000.tar.x1.tmp",
    ".shard-000001-0001.tar.x1.tmp",
    ".shard-000001-0002.tar.x1.tmp",
  ]);
  unlinkSync(path.join(folder, ".shard-000001-0001.tar.x1.tmp"));
  await expect(writer.commit()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
  expect(readdirSync(folder)).toContain("shard-000001-0000.tar");
  await writer.abort();
  expect(readdirSync(folder)).toEqual([]);
});

test("only the shards whose names are taken get the attempt's name", async () => {
  const { folder, writer } = await openWriter("x2");
  writeFileSync(path.join(folder, "shard-000001-0001.tar"), "of another attempt");
  await writer.write(plainSamples(10, true));
  const shards = await writer.commit();
  expect(shards.map(({ name, storedAs }) => [name, storedAs])).toEqual([
    ["shard-000001-0000.tar", "shard-000001-0000.tar"],
    ["shard-000001-0001.tar", "shard-000001-0001.x2.tar"],
    ["shard-000001-0002.tar", "shard-000001-0002.tar"],
  ]);
});
