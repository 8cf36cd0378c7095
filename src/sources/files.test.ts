import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceItem, Split } from "../contract/source.ts";
import { checkSource } from "../testing/check-source.ts";
import { files } from "./files.ts";

const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(60, 7)]);
const { signal } = new AbortController();
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "files-source-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), content);
}

async function open(options: object = {}) {
  return files.open(files.options.parse({ path: folder, ...options }));
}

async function splitsOf(options: object = {}): Promise<readonly Split[]> {
  const splits: Split[] = [];
  for await (const split of (await open(options)).splits(signal)) splits.push(split);
  return splits;
}

async function itemsOf(options: object = {}): Promise<readonly SourceItem[]> {
  const source = await open(options);
  const items: SourceItem[] = [];
  for (const split of await splitsOf(options))
    for await (const batch of source.read(split, signal)) items.push(...batch);
  return items;
}

/** `id: kind name mediaType, …` or `id: CODE`. */
async function linesOf(options: object = {}): Promise<readonly string[]> {
  return (await itemsOf(options)).map((item) =>
    item.kind === "unreadable"
      ? `${item.unreadable.id}: ${item.unreadable.error.code}`
      : `${item.sample.id}: ${item.sample.parts.map((part) => `${part.kind === "embedding" ? "" : part.mediaType} ${part.name}`).join(", ")}`,
  );
}

describe("files", () => {
  it("groups files of one base name in one folder, and names parts by kind or extension", async () => {
    await put("cats/one.jpg", jpeg);
    await put("cats/one.txt", "a cat");
    await put("cats/two.v2.jpg", jpeg);
    await put("cats/two.depth.jpg", jpeg);
    await put("one.txt", "another");
    expect(await linesOf({ grouping: "webdataset" })).toEqual([
      "cats/one: image/jpeg image, text/plain text",
      "cats/two: image/jpeg depth.jpg, image/jpeg v2.jpg",
      "one: text/plain text",
    ]);
    expect(await linesOf({ grouping: "none" })).toEqual([
      "cats/one.jpg: image/jpeg image",
      "cats/one.txt: text/plain text",
      "cats/two.depth.jpg: image/jpeg image",
      "cats/two.v2.jpg: image/jpeg image",
      "one.txt: text/plain text",
    ]);
  });

  it("does not take names with dots for views of one thing, wherever a split ends", async () => {
    for (const name of ["A", "B", "C"]) await put(`struct.${name}.html`, `<!doctype html><p>${name}`);
    await put("struct.B.txt", "caption of B");
    await put("photo.jpg", jpeg);
    await put("photo.seg.png", Buffer.from("89504e470d0a1a0a0000", "hex"));
    const expected = [
      "photo: image/jpeg jpg, image/png seg.png",
      "struct.A: text/html text",
      "struct.B: text/html B.html, text/plain B.txt",
      "struct.C: text/html text",
    ];
    expect(await linesOf()).toEqual(expected);
    expect(await linesOf({ splitSamples: 1 })).toEqual(expected);
  });

  it("believes content, not names", async () => {
    await put("photo.png", jpeg);
    await put("page.jpg", "<!doctype html><p>hi");
    expect(await linesOf()).toEqual(["page: text/html text", "photo: image/jpeg image"]);
  });

  it("writes path and sourceBytes, and turns sidecar objects into attributes when asked", async () => {
    await put("a/x.jpg", jpeg);
    await put("a/x.json", '{"label": 3, "path": "forged"}');
    const [plain] = await itemsOf();
    expect(plain?.kind === "sample" && plain.sample.attributes).toEqual({ path: "a/x.jpg", sourceBytes: 94 });
    expect(plain?.kind === "sample" && plain.sample.parts.map(({ name }) => name)).toEqual(["image", "text"]);
    const [item] = await itemsOf({ sidecarAttributes: true });
    expect(item?.kind === "sample" && item.sample.attributes).toEqual({ label: 3, path: "a/x.jpg", sourceBytes: 94 });
    expect(item?.kind === "sample" && item.sample.parts.map(({ name }) => name)).toEqual(["image"]);
  });

  it("fails one sample for each file that is empty, too large, not text in any known encoding or not JSON", async () => {
    await put("a.jpg", jpeg);
    await put("empty.txt", "");
    await put("latin.txt", Buffer.from("caf\xe9 au lait", "latin1"));
    await put("long.txt", "x".repeat(200));
    await put("meta.json", "{broken");
    await put("utf16.txt", Buffer.from("\ufeffwords", "utf16le"));
    expect(await linesOf({ maxFileBytes: 150, sidecarAttributes: true })).toEqual([
      "a: image/jpeg image",
      "empty: SAMPLE_EMPTY",
      "latin: SAMPLE_CORRUPT",
      "long: SAMPLE_TOO_LARGE",
      "meta: RECORD_INVALID",
      "utf16: text/plain text",
    ]);
    const latin = (await itemsOf()).find((item) => item.kind === "unreadable" && item.unreadable.id === "latin");
    expect(latin?.kind === "unreadable" && latin.unreadable.error.details).toEqual({ byteOffset: 3 });
    expect(await linesOf({ invalidUtf8: "replace", include: ["latin.txt"] })).toEqual(["latin: text/plain text"]);
  });

  it.skipIf(process.getuid?.() === 0)("fails one sample for a file that may not be read", async () => {
    await put("a.txt", "a");
    await put("b.txt", "b");
    await chmod(path.join(folder, "a.txt"), 0);
    expect(await linesOf()).toEqual(["a: INPUT_UNREADABLE", "b: text/plain text"]);
  });

  it("reads the body of a large file only when it is asked for", async () => {
    const big = Buffer.concat([jpeg, Buffer.alloc(2 ** 21, 9)]);
    await put("big.jpg", big);
    const [item] = await itemsOf();
    const part = item?.kind === "sample" ? item.sample.parts[0] : undefined;
    if (part?.kind !== "image") throw new Error("expected an image");
    expect(part.content.peek()).toBeUndefined();
    expect(part.content.byteLength).toBe(big.length);
    expect(part.content.reference).toEqual({ uri: path.join(folder, "big.jpg") });
    expect(Buffer.compare(await part.content.bytes(), big)).toBe(0);
    const [again] = await itemsOf();
    const late = again?.kind === "sample" ? again.sample.parts[0] : undefined;
    await appendFile(path.join(folder, "big.jpg"), "x");
    await expect(late?.kind === "image" ? late.content.bytes() : undefined).rejects.toMatchObject({
      code: "INPUT_CHANGED",
    });
  });

  it("cuts splits by samples and by bytes, never inside of a group", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) {
      await put(`${name}.jpg`, jpeg);
      await put(`${name}.txt`, "x".repeat(36));
    }
    expect((await splitsOf({ splitSamples: 2 })).map(({ samples, bytes }) => [samples, bytes])).toEqual([
      [2, 200],
      [2, 200],
      [1, 100],
    ]);
    expect((await splitsOf({ splitBytes: 250 })).map(({ samples }) => samples)).toEqual([2, 2, 1]);
    expect((await splitsOf({ splitBytes: 1 })).map(({ files: members }) => members.length)).toEqual([2, 2, 2, 2, 2]);
  });

  it("takes one file, a pattern, include and exclude", async () => {
    await put("a.jpg", jpeg);
    await put("sub/b.jpg", jpeg);
    await put("sub/c.txt", "c");
    const ids = async (options: object) => (await linesOf(options)).map((line) => line.split(":")[0]);
    expect(await ids({ path: path.join(folder, "sub/c.txt") })).toEqual(["c"]);
    expect(await ids({ path: path.join(folder, "**/*.jpg") })).toEqual(["a", "sub/b"]);
    expect(await ids({ include: ["sub/**"] })).toEqual(["sub/b", "sub/c"]);
    expect(await ids({ include: ["sub/**"], exclude: ["**/*.txt"] })).toEqual(["sub/b"]);
  });

  it("says what is missing and what is there instead", async () => {
    await put("here/a.jpg", jpeg);
    await expect(splitsOf({ path: path.join(folder, "here/there/x") })).rejects.toMatchObject({
      code: "INPUT_NOT_FOUND",
      details: { nearestFolder: path.join(folder, "here") },
    });
    await expect(splitsOf({ include: ["**/*.tiff"] })).rejects.toMatchObject({
      code: "INPUT_EMPTY",
      message: expect.stringContaining('1 other file is there, such as "here/a.jpg"'),
    });
  });

  it("names a file that was removed after it was listed", async () => {
    await put("a.txt", "a");
    const [split] = await splitsOf();
    await rm(path.join(folder, "a.txt"));
    const reading = async () => {
      if (split !== undefined) for await (const batch of (await open()).read(split, signal)) return batch;
      return undefined;
    };
    await expect(reading()).rejects.toMatchObject({
      code: "INPUT_CHANGED",
      details: { path: path.join(folder, "a.txt") },
    });
  });

  it("keeps the source contract", async () => {
    await put("a.jpg", jpeg);
    await put("a.txt", "caption");
    await put("b/empty", "");
    await put("b/long.txt", "x".repeat(3000));
    await put("b.jpg", jpeg);
    await symlink("a.txt", path.join(folder, "link.txt"));
    const result = await checkSource(
      files,
      { path: folder, splitSamples: 2 },
      { changeFile: (uri) => appendFile(uri, "more") },
    );
    expect(result).toEqual({ splits: 3, samples: 4, unreadable: 1 });
  });
});
