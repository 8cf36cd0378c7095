import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { chooseSource } from "./choose-source.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "choose-source-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), content);
}

it.each([
  ["jsonl", "data/a.jsonl", '{"text":"a"}\n'],
  ["jsonl", "data/a.ndjson.gz", gzipSync('{"text":"a"}\n')],
  ["csv", "table.csv", "a,b\n1,2\n"],
  ["parquet", "table.parquet", "PAR1 and so on"],
  ["webdataset", "shards/0.tar", `${"\0".repeat(257)}ustar\0`],
  ["files", "photo.jpg", "\u00ff\u00d8"],
])("reads %s where there is %s", async (name, file, content) => {
  await write(file, content);
  expect(await chooseSource(folder)).toMatchObject({ name });
  expect(await chooseSource(path.join(folder, file))).toMatchObject({ name });
});

it("goes by content, not by suffix alone", async () => {
  await write("renamed.parquet", "no Parquet at all");
  await write("renamed.tar", "no archive");
  expect(await chooseSource(folder)).toMatchObject({ name: "files" });
});

it("reads files one by one when containers are the smaller part", async () => {
  for (const name of ["a.txt", "b.txt", "c.txt"]) await write(name, "words");
  await write("d.jsonl", '{"text":"a"}\n');
  expect(await chooseSource(folder)).toMatchObject({ name: "files" });
});

it("goes by the suffix of a pattern", async () => {
  expect(await chooseSource(path.join(folder, "*.tar"))).toMatchObject({ name: "webdataset" });
  expect(await chooseSource(path.join(folder, "**/*.jpg"))).toMatchObject({ name: "files" });
});

it("names a path that does not exist, and a folder without files", async () => {
  await expect(chooseSource(path.join(folder, "nowhere"))).rejects.toMatchObject({ code: "INPUT_NOT_FOUND" });
  await expect(chooseSource(folder)).rejects.toMatchObject({ code: "INPUT_EMPTY" });
});
