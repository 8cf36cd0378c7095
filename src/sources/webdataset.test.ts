import { execFileSync, spawnSync } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceItem } from "../contract/source.ts";
import { checkSource } from "../testing/check-source.ts";
import { webdataset } from "./webdataset.ts";

const { signal } = new AbortController();
const hasPython = spawnSync("python3", ["-c", "import tarfile"]).status === 0;
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(700, 7)]);
let folder = "";
let shard = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "webdataset-source-"));
  shard = path.join(folder, "a.tar");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function itemsOf(options: object = {}): Promise<readonly SourceItem[]> {
  const source = await webdataset.open(webdataset.options.parse({ path: folder, ...options }));
  const items: SourceItem[] = [];
  for await (const split of source.splits(signal)) {
    for await (const batch of source.read(split, signal)) items.push(...batch);
  }
  return items;
}

/** `id part=content … {attributes}` or `id CODE`; content of media as its length. */
async function linesOf(options: object = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const item of await itemsOf(options)) {
    if (item.kind === "unreadable") {
      lines.push(`${item.unreadable.id} ${item.unreadable.error.code}`);
      continue;
    }
    const { id, parts, attributes } = item.sample;
    const contents: string[] = [];
    for (const part of parts) {
      if (part.kind === "embedding") contents.push(`${part.name}=[${[...part.values].join()}]`);
      else contents.push(`${part.name}=${part.kind === "text" ? part.text : (await part.content.bytes()).byteLength}`);
    }
    lines.push([id, ...contents, JSON.stringify(attributes)].join(" "));
  }
  return lines;
}

/** A ustar member, as POSIX describes it. */
function member(name: string, body: string | Uint8Array, flag = "0"): Buffer {
  const content = Buffer.from(body);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write(flag, 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);
const ordered = [
  member("./x/", "", "5"),
  member("./x/1.jpg", jpeg),
  member("./x/1.json", '{"label":1}'),
  member("./x/2.cls", "7"),
  member("./x/2.jpg", jpeg),
];

const compressions = [
  ["plain", (bytes: Buffer) => bytes],
  ["gzip", (bytes: Buffer) => gzipSync(bytes)],
  ["zstd", (bytes: Buffer) => zstdCompressSync(bytes)],
] as const;

describe.each(compressions)("webdataset, %s", (_, compress) => {
  const write = (...blocks: readonly Buffer[]) => writeFile(shard, compress(Buffer.concat(blocks)));

  it("groups members by key and reads json objects as attributes", async () => {
    await write(...ordered, end);
    expect(await linesOf()).toEqual(['a.tar/x/1 image=704 {"label":1}', "a.tar/x/2 text=7 image=704 {}"]);
    const [first] = await linesOf({ sidecarAttributes: false });
    expect(first).toBe('a.tar/x/1 image=704 text={"label":1} {}');
  });

  it("never groups wrongly when the members of a key stand apart", async () => {
    await write(member("1.txt", "one"), member("2.txt", "two"), member("2.jpg", jpeg), member("1.jpg", jpeg), end);
    expect([...(await linesOf())].sort()).toEqual(["a.tar/1 text=one image=704 {}", "a.tar/2 text=two image=704 {}"]);
  });

  it("keeps the first of two samples with one key, and reports the other", async () => {
    await write(member("1.txt", "one"), member("2.txt", "two"), member("1.txt", "again"), end);
    expect([...(await linesOf())].sort()).toEqual([
      "a.tar/1 text=one {}",
      "a.tar/1~2 ID_NOT_UNIQUE",
      "a.tar/2 text=two {}",
    ]);
  });

  it("fails only the samples that are unsafe, links, empty, too large or broken", async () => {
    const names = ["../up.txt", "/top.txt", "a/../../b.txt"].map((unsafe) => member(unsafe, "x"));
    await write(
      ...names,
      member("link.txt", "", "2"),
      member("empty.txt", ""),
      member("large.jpg", Buffer.alloc(3000, 1)),
      member("meta.json", "{"),
      member("good.txt", "good"),
      end,
    );
    const lines = [...(await linesOf({ maxSampleBytes: 2000 }))].sort();
    expect(lines).toEqual([
      "a.tar/../up SAMPLE_UNSAFE_PATH",
      "a.tar//top SAMPLE_UNSAFE_PATH",
      "a.tar/a/../../b SAMPLE_UNSAFE_PATH",
      "a.tar/empty SAMPLE_EMPTY",
      "a.tar/good text=good {}",
      "a.tar/large SAMPLE_TOO_LARGE",
      "a.tar/link SAMPLE_UNSUPPORTED",
      "a.tar/meta RECORD_INVALID",
    ]);
  });

  it("keeps what is complete of a cut archive; the sample at the cut stands for the rest", async () => {
    const whole = Buffer.concat(ordered);
    for (const cut of [whole.length, whole.length - 300, whole.length - 1100]) {
      await write(whole.subarray(0, cut));
      expect([...(await linesOf())].sort()).toEqual(['a.tar/x/1 image=704 {"label":1}', "a.tar/x/2 INPUT_CORRUPT"]);
    }
    await write(...ordered.slice(0, 3), Buffer.alloc(512, 65), ...ordered.slice(3), end);
    expect(await linesOf()).toEqual(["a.tar/x/1 INPUT_CORRUPT"]);
    await writeFile(shard, "");
    expect(await linesOf()).toEqual(["a.tar/rest INPUT_CORRUPT"]);
  });

  it("reads archives that were concatenated, and takes padding behind the end for what it is", async () => {
    await write(...ordered.slice(0, 3), end, ...ordered.slice(3), end, Buffer.alloc(2000, 65));
    expect(await linesOf()).toHaveLength(2);
    expect((await linesOf()).join()).not.toContain("CORRUPT");
  });

  it("reads back what the webdataset sink wrote", async () => {
    const npy = Buffer.alloc(128 + 8);
    npy.write("\x93NUMPY\x01\x00", 0, "latin1");
    npy.writeUInt16LE(118, 8);
    npy.write(`${"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`, 10, "latin1");
    npy.writeFloatLE(0.5, 128);
    npy.writeFloatLE(-2, 132);
    const metadata = {
      id: "orig/ä",
      attributes: { n: [1] },
      parts: [
        { name: "caption", kind: "text", mediaType: "text/plain", member: "txt" },
        { name: "front", kind: "image", mediaType: "image/jpeg", member: "front.jpg" },
        { name: "clip", kind: "embedding", member: "clip.npy" },
      ],
    };
    const json = JSON.stringify(metadata);
    await write(
      member("0.clip.npy", npy),
      member("0.front.jpg", jpeg),
      member("0.json", json),
      member("0.txt", ""),
      member("1.json", json),
      end,
    );
    expect(await linesOf()).toEqual(['orig/ä caption= front=704 clip=[0.5,-2] {"n":[1]}', "a.tar/1 SAMPLE_CORRUPT"]);
  });

  it("keeps the source contract", async () => {
    await write(...ordered, member("3.txt", ""), end);
    await writeFile(path.join(folder, "b.tar"), Buffer.concat([...ordered, end]));
    const result = await checkSource(webdataset, { path: folder }, { changeFile: (uri) => appendFile(uri, "x") });
    expect(result).toEqual({ splits: 2, samples: 4, unreadable: 1 });
  });
});

describe("webdataset", () => {
  it("refers to members of plain archives by range, and reads large ones only when asked", async () => {
    const big = Buffer.concat([jpeg, Buffer.alloc(2 ** 21, 3)]);
    await writeFile(shard, Buffer.concat([member("1.jpg", big), member("2.jpg", jpeg), end]));
    const parts = (await itemsOf()).map((item) => (item.kind === "sample" ? item.sample.parts[0] : undefined));
    const [large, small] = parts;
    if (large?.kind !== "image" || small?.kind !== "image") throw new Error("expected images");
    expect(large.content.peek()).toBeUndefined();
    expect(large.content.reference).toEqual({ uri: shard, range: { offset: 512, length: big.length } });
    expect(Buffer.compare(await large.content.bytes(), big)).toBe(0);
    const { offset, length } = small.content.reference?.range ?? { offset: 0, length: 0 };
    expect((await readFile(shard)).subarray(offset, offset + length).equals(jpeg)).toBe(true);
  });

  it("bounds what waits in a compressed archive out of order", async () => {
    const body = Buffer.concat([jpeg, Buffer.alloc(4000)]);
    const keys = ["1", "2", "3"];
    const blocks = [...keys.map((key) => member(`${key}.jpg`, body)), ...keys.map((key) => member(`${key}.txt`, key))];
    await writeFile(shard, gzipSync(Buffer.concat([...blocks, end])));
    expect([...(await linesOf({ maxSampleBytes: 10_000 }))].sort()).toEqual([
      "a.tar/1 SAMPLE_TOO_LARGE",
      `a.tar/2 image=${body.length} text=2 {}`,
      `a.tar/3 image=${body.length} text=3 {}`,
    ]);
  });

  it.skipIf(!hasPython)("reads what Python's tarfile writes, in every format (skipped without python3)", async () => {
    const script = `
import io, json, sys, tarfile
spec = json.load(sys.stdin)
with tarfile.open(spec["path"], "w", format=spec["format"]) as tar:
    for name, text in spec["members"]:
        body = text.encode()
        info = tarfile.TarInfo(name)
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))
`;
    const segment = fc.string({ unit: fc.constantFrom("a", "ü", "世", "-", " "), minLength: 1, maxLength: 12 });
    const long = fc.constantFrom("x".repeat(99), "x".repeat(100), "x".repeat(101), "y".repeat(160), "z".repeat(240));
    const key = fc.array(fc.oneof(segment, long), { minLength: 1, maxLength: 3 }).map((segments) => segments.join("/"));
    const text = fc.oneof(fc.constant("x".repeat(512)), fc.string({ minLength: 1, maxLength: 1200, unit: "grapheme" }));
    // tarfile.GNU_FORMAT and tarfile.PAX_FORMAT.
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(text),
        fc.constantFrom(1, 2),
        async (keys, texts, format) => {
          const members = keys.map((name) => [`${name}.txt`, texts.next().value] as const);
          execFileSync("python3", ["-c", script], { input: JSON.stringify({ path: shard, format, members }) });
          const read = (await itemsOf()).map((item) =>
            item.kind === "sample" && item.sample.parts[0]?.kind === "text"
              ? [`${item.sample.id.slice("a.tar/".length)}.txt`, item.sample.parts[0].text]
              : item,
          );
          expect(read).toEqual(members);
        },
      ),
      { numRuns: 8 },
    );
  });
});
