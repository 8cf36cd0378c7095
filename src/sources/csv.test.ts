import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SourceItem } from "../contract/source.ts";
import { checkSource } from "../testing/check-source.ts";
import { csv } from "./csv.ts";

const { signal } = new AbortController();
let folder = "";
let file = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "csv-source-"));
  file = path.join(folder, "a.csv");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function itemsOf(options: object = {}): Promise<readonly SourceItem[]> {
  const source = await csv.open(csv.options.parse({ path: folder, ...options }));
  const items: SourceItem[] = [];
  for await (const split of source.splits(signal)) {
    for await (const batch of source.read(split, signal)) items.push(...batch);
  }
  return items;
}

/** `id text {attributes}` or `id CODE`. */
async function linesOf(options: object = {}): Promise<readonly string[]> {
  return (await itemsOf(options)).map((item) => {
    if (item.kind === "unreadable") return `${item.unreadable.id} ${item.unreadable.error.code}`;
    const [part] = item.sample.parts;
    return `${item.sample.id} ${part?.kind === "text" ? JSON.stringify(part.text) : "-"} ${JSON.stringify(item.sample.attributes)}`;
  });
}

describe("csv", () => {
  it("reads quotes over lines, doubled quotes, CRLF, a byte order mark and blank lines", async () => {
    await writeFile(file, '\ufefftext,n\r\n"one\r\ntwo\nthree",1\r\n\r\n"say ""hi""",\r\n5" pipe,x');
    expect(await linesOf()).toEqual([
      'a.csv:11 "one\\r\\ntwo\\nthree" {"n":"1"}',
      'a.csv:33 "say \\"hi\\"" {"n":""}',
      'a.csv:48 "5\\" pipe" {"n":"x"}',
    ]);
  });

  it("tells the delimiter by the first line, and takes column names and types", async () => {
    await writeFile(file, "w\ttext, really\tok\tmeta\n7\ta\ttrue\t[1]\n\tb\t\t\n");
    const columnTypes = { w: "number", ok: "boolean", meta: "json" };
    expect(await linesOf({ textColumn: "text, really", columnTypes })).toEqual([
      'a.csv:23 "a" {"w":7,"ok":true,"meta":[1]}',
      'a.csv:36 "b" {"w":null,"ok":null,"meta":null}',
    ]);
    await writeFile(file, "x;1,5\n");
    expect(await linesOf({ columns: ["text", "n"], delimiter: ";", idColumn: "n" })).toEqual(['1,5 "x" {"n":"1,5"}']);
  });

  it("costs one line for each broken record, and names its byte", async () => {
    const lines = [
      "text,n",
      "good,1",
      "too,many,2",
      '"closed" wrongly,3',
      "good,4",
      '"never closed,5',
      "good,6",
      "caf\xe9,7",
      "good,8",
    ];
    await writeFile(file, Buffer.from(lines.join("\n"), "latin1"));
    expect(await linesOf()).toEqual([
      'a.csv:7 "good" {"n":"1"}',
      "a.csv:14 RECORD_INVALID",
      "a.csv:25 RECORD_INVALID",
      'a.csv:44 "good" {"n":"4"}',
      "a.csv:51 RECORD_INVALID",
      'a.csv:67 "good" {"n":"6"}',
      "a.csv:74 RECORD_INVALID",
      'a.csv:81 "good" {"n":"8"}',
    ]);
    const invalid = (await itemsOf()).flatMap((item) => (item.kind === "unreadable" ? [item.unreadable.error] : []));
    expect(invalid.at(-1)?.details).toEqual({ byteOffset: 77 });
    expect((await linesOf({ invalidUtf8: "replace" }))[6]).toBe('a.csv:74 "caf\ufffd" {"n":"7"}');
  });

  it("follows an open quote no further than maxRecordBytes, and passes over longer lines", async () => {
    const filler = "good,0\n".repeat(50);
    await writeFile(file, `text,n\n"open,1\n${filler}${"x".repeat(200)},2\nlast,3\n`);
    const lines = await linesOf({ maxRecordBytes: 100 });
    expect(lines).toHaveLength(53);
    expect(lines[0]).toBe("a.csv:7 RECORD_INVALID");
    expect(lines.slice(1, 51).every((line) => line.endsWith('"good" {"n":"0"}'))).toBe(true);
    expect(lines.slice(51)).toEqual(["a.csv:365 SAMPLE_TOO_LARGE", 'a.csv:568 "last" {"n":"3"}']);
  });

  it("stays linear in lines that an open quote swallows", async () => {
    await writeFile(file, `text\n"open${"\n".repeat(400_000)}`);
    expect(await linesOf()).toEqual(["a.csv:5 RECORD_INVALID"]);
  });

  it("reads gzip, and reports what a truncated file loses", async () => {
    const whole = gzipSync(`text\n${"some text\n".repeat(500)}`);
    await writeFile(file, whole);
    expect(await linesOf()).toHaveLength(500);
    await writeFile(file, whole.subarray(0, -6));
    expect((await linesOf()).at(-1)).toBe("a.csv:rest INPUT_CORRUPT");
  });

  it("names a column that is missing, and a header that cannot be used", async () => {
    await writeFile(file, "title,n\na,1\n");
    await expect(linesOf()).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining('no column "text"; it has: title, n'),
    });
    await writeFile(file, "text,n,n\na,1,2\n");
    expect(await linesOf()).toEqual(["a.csv:rest INPUT_CORRUPT"]);
  });

  it("reads any table that is written with quotes", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "ü", '"', ",", "\n", "\r\n", " "), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 12 }), async (rows) => {
        const written = rows.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","));
        await writeFile(file, ["text,b", ...written, ""].join("\n"));
        const read = (await itemsOf()).map((item) =>
          item.kind === "sample" && item.sample.parts[0]?.kind === "text"
            ? [item.sample.parts[0].text, item.sample.attributes.b]
            : item,
        );
        expect(read).toEqual(rows);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps the source contract", async () => {
    await writeFile(file, 'text,n\na,1\n"b\nb",2\nc\n');
    await writeFile(path.join(folder, "b.tsv.gz"), gzipSync("text\tn\nx\t1\n"));
    const result = await checkSource(csv, { path: folder }, { changeFile: (uri) => appendFile(uri, "d,4\n") });
    expect(result).toEqual({ splits: 2, samples: 3, unreadable: 1 });
  });
});
