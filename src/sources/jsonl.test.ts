import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceItem, Split } from "../contract/source.ts";
import { checkSource } from "../testing/check-source.ts";
import { jsonl } from "./jsonl.ts";

const { signal } = new AbortController();
let folder = "";
let file = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "jsonl-source-"));
  file = path.join(folder, "a.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(
  options: object = {},
): Promise<{ readonly splits: readonly Split[]; readonly items: SourceItem[] }> {
  const source = await jsonl.open(jsonl.options.parse({ path: folder, ...options }));
  const splits: Split[] = [];
  const items: SourceItem[] = [];
  for await (const split of source.splits(signal)) {
    splits.push(split);
    for await (const batch of source.read(split, signal)) items.push(...batch);
  }
  return { splits, items };
}

/** `id text {attributes}` or `id CODE`. */
async function linesOf(options: object = {}): Promise<readonly string[]> {
  return (await read(options)).items.map((item) => {
    if (item.kind === "unreadable") return `${item.unreadable.id} ${item.unreadable.error.code}`;
    const [part] = item.sample.parts;
    return `${item.sample.id} ${part?.kind === "text" ? part.text : "-"} ${JSON.stringify(item.sample.attributes)}`;
  });
}

const records = ['{"text":"one","n":1}', '{"n":{"deep":[2]},"text":"zwei ü"}', '{"text":""}'];

describe("jsonl", () => {
  it.each([
    ["line feeds", `${records.join("\n")}\n`, [0, 21, 57]],
    ["no last line feed", records.join("\n"), [0, 21, 57]],
    ["CRLF", records.join("\r\n"), [0, 22, 59]],
    ["a byte order mark and blank lines", `\ufeff${records.join("\n \t\n\n")}\n\n`, [0, 28, 68]],
  ])("reads records that end with %s", async (_, content, offsets) => {
    await writeFile(file, content);
    expect(await linesOf()).toEqual([
      `a.jsonl:${offsets[0]} one {"n":1}`,
      `a.jsonl:${offsets[1]} zwei ü {"n":{"deep":[2]}}`,
      `a.jsonl:${offsets[2]}  {}`,
    ]);
  });

  it("tells compression by content and reads gzip and zstd of several members", async () => {
    const [one, two] = [`${records[0]}\n`, `${records[1]}\n`];
    await writeFile(file, Buffer.concat([gzipSync(one), gzipSync(two)]));
    await writeFile(path.join(folder, "b.jsonl.zst"), Buffer.concat([zstdCompressSync(one), zstdCompressSync(two)]));
    expect(await linesOf()).toEqual([
      'a.jsonl:0 one {"n":1}',
      'a.jsonl:21 zwei ü {"n":{"deep":[2]}}',
      'b.jsonl.zst:0 one {"n":1}',
      'b.jsonl.zst:21 zwei ü {"n":{"deep":[2]}}',
    ]);
  });

  it("fails only the lines that are broken, and names the byte", async () => {
    const lines = [
      Buffer.from('{"text":"ok"}'),
      Buffer.from('{"text":'),
      Buffer.from("[1]"),
      Buffer.from('{"text":"caf\xe9"}', "latin1"),
      Buffer.from('{"text":7,"url":"x"}'),
      Buffer.from('{"other":1}'),
      Buffer.from(`{"text":"${"x".repeat(200)}"}`),
      Buffer.from('{"text":"half \\ud83d"}'),
      Buffer.from('{"text":"pair \\ud83d\\ude00","__proto__":{"a":1}}'),
    ];
    await writeFile(file, Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")])));
    expect(await linesOf({ maxLineBytes: 100 })).toEqual([
      "a.jsonl:0 ok {}",
      "a.jsonl:14 RECORD_INVALID",
      "a.jsonl:23 RECORD_INVALID",
      "a.jsonl:27 RECORD_INVALID",
      "a.jsonl:43 RECORD_INVALID",
      "a.jsonl:64 RECORD_INVALID",
      "a.jsonl:76 SAMPLE_TOO_LARGE",
      "a.jsonl:288 RECORD_INVALID",
      'a.jsonl:311 pair 😀 {"__proto__":{"a":1}}',
    ]);
    const { items } = await read();
    const details = items.map((item) => (item.kind === "unreadable" ? item.unreadable.error.details : undefined));
    expect(details[3]).toEqual({ byteOffset: 27 + 12 });
    expect((await linesOf({ invalidUtf8: "replace" }))[3]).toBe("a.jsonl:27 caf\ufffd {}");
    expect((await linesOf({ invalidUtf8: "replace" }))[7]).toBe("a.jsonl:288 half \ufffd {}");
  });

  it("takes ids from a field and fails the second record that has one", async () => {
    await writeFile(file, '{"id":"x","text":"a"}\n{"id":7,"text":"b"}\n{"id":"x","text":"c"}\n{"text":"d"}\n');
    expect(await linesOf({ idField: "id" })).toEqual([
      'x a {"id":"x"}',
      '7 b {"id":7}',
      "a.jsonl:42 ID_NOT_UNIQUE",
      "a.jsonl:64 RECORD_INVALID",
    ]);
  });

  it("reads records without text when told so", async () => {
    await writeFile(file, '{"url":"x"}\n');
    expect(await linesOf({ textField: null })).toEqual(['a.jsonl:0 - {"url":"x"}']);
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("keeps what a truncated %s file still gives and reports the rest as one failure", async (_, compress) => {
    // Random hexadecimal digits hardly compress: the streams have several blocks.
    const bytes = fc.sample(fc.uint8Array({ minLength: 120, maxLength: 120 }), { numRuns: 4000, seed: 1 });
    const content = bytes.map((run) => `{"text":"${Buffer.from(run).toString("hex")}"}`).join("\n");
    const whole = compress(content);
    await writeFile(file, whole.subarray(0, Math.floor(whole.length / 2)));
    const lines = await linesOf();
    expect(lines.length).toBeGreaterThan(1000);
    expect(lines.length).toBeLessThan(4000);
    expect(lines.at(-1)).toBe("a.jsonl:rest INPUT_CORRUPT");
    expect(lines.slice(0, -1).every((line) => line.endsWith("{}"))).toBe(true);
    for (const cut of [1, 5]) {
      await writeFile(file, whole.subarray(0, whole.length - cut));
      expect((await linesOf()).at(-1)).toBe("a.jsonl:rest INPUT_CORRUPT");
    }
    await writeFile(file, whole);
    expect((await linesOf()).filter((line) => line.includes("CORRUPT"))).toEqual([]);
  });

  it("leaves empty files out, and says so when there is nothing else", async () => {
    await writeFile(file, "");
    await expect(read()).rejects.toMatchObject({ code: "INPUT_EMPTY" });
    await writeFile(path.join(folder, "b.jsonl"), records.join("\n"));
    expect(await linesOf()).toHaveLength(3);
  });

  it("gives every record once and the same, however the file is cut", async () => {
    const line = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => JSON.stringify({ text })),
      fc.constantFrom("", " ", "{broken", "\r", '{"text":"x"}\r'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), fc.boolean(), fc.nat(40), async (lines, endsLine, size) => {
        await writeFile(file, `${lines.join("\n")}${endsLine ? "\n" : '{"text":"end"}'}`);
        const whole = await linesOf();
        const { splits } = await read({ splitBytes: size + 1 });
        expect(await linesOf({ splitBytes: size + 1 })).toEqual(whole);
        expect(splits.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(splits[0]?.files[0]?.bytes);
        for (const split of splits) expect(split.bytes).toBeLessThanOrEqual(size + 1);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps the source contract", async () => {
    await writeFile(file, `${records.join("\n")}\n{broken\n`);
    await writeFile(path.join(folder, "b.jsonl.gz"), gzipSync(records.join("\n")));
    const result = await checkSource(
      jsonl,
      { path: folder, splitBytes: 40 },
      { changeFile: (uri) => appendFile(uri, "\n") },
    );
    expect(result).toEqual({ splits: 3, samples: 6, unreadable: 1 });
  });
});
