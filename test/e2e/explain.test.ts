import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

const operators = fileURLToPath(new URL("../fixtures/operators/", import.meta.url));
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pipeline-explain-"));
  await mkdir(path.join(folder, "docs"));
  for (const file of ["a", "b"]) await writeFile(path.join(folder, "docs", `${file}.jsonl`), inputOf(file));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Ids of the user's own, some that nobody expects; 4 and 5 have one text; line 100 is no record. */
function inputOf(file: string): string {
  const names = new Map([
    [0, "日本語/🙂"],
    [1, 'quote " and\nnew line'],
    [2, "looks#like#a#child#7"],
  ]);
  const lines = Array.from({ length: 300 }, (_, n) => {
    const id = `${file}/${names.get(n) ?? n}`;
    return JSON.stringify({ id, text: `document ${file} ${n === 5 ? 4 : n}`, n });
  });
  return [...lines.slice(0, 100), "no record", ...lines.slice(100)].join("\n");
}

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder });

const steps = `
  - filter: { where: "n % 7 != 3" }
  - map-module: { module: ${path.join(operators, "throw-on.ts")}, options: { numbers: [8, 11] }, reads: [n] }
  - map-module: { module: ${path.join(operators, "split-on.ts")}, options: { multiple: 50, children: 3 }, reads: [n] }
`;

/** Runs the steps over the documents into the folder of that name. */
async function run(name: string, sink: string, more = "", settings = ""): Promise<string> {
  const file = `${name}.yaml`;
  await writeFile(
    path.join(folder, file),
    `source: { jsonl: { path: ./docs, idField: id, splitBytes: 4KiB } }\nsteps:${steps}${more}sink: ${sink}\noutput: ./${name}\nrun: { workers: 2, maxFailureRatio: 1${settings} }\n`,
  );
  const result = await cli("run", file, "--quiet");
  expect(result).toMatchObject({ code: 0, stderr: "" });
  return name;
}

async function explained(output: string, name: string) {
  const result = await cli("explain", output, name, "--json");
  expect(result, result.stderr).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(result.stdout);
}

async function bytesOf(file: string, offset: number, length: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString("utf8");
  } finally {
    await handle.close();
  }
}

it.each([
  ["webdataset", "webdataset: { samplesPerShard: 20 }", ""],
  ["lines", "jsonl: { samplesPerShard: 20 }", ""],
  ["zstd", "jsonl: { compression: zstd }", ""],
  ["parquet", "parquet: { samplesPerShard: 30, rowGroupBytes: 1KiB, attributeColumns: { n: int64 } }", ""],
  ["regrouped", "webdataset: {}", "  - dedupe-exact\n  - filter: { where: n != 20 }\n"],
])(
  "finds where a sample was read and where it was written: %s",
  async (name, sink, more) => {
    await run(name, `{ ${sink} }`, more);
    for (const id of ["a/日本語/🙂#0", 'b/quote " and\nnew line', "a/looks#like#a#child#7"]) {
      const { samples } = await explained(name, id);
      expect(samples).toMatchObject([{ id, end: { kind: "written", problem: null, found: { id } } }]);
      const [{ origin, end }] = samples;
      const line = JSON.parse(await bytesOf(origin.uri, origin.range.offset, origin.range.length));
      expect(line.id).toBe(id.replace("#0", ""));
      expect(end.found.attributes).toMatchObject({ n: line.n });
      const { where } = end.found;
      if (where.format === "tar") {
        const member = where.members.find((each: { name: string }) => each.name === `${end.key}.json`);
        expect(JSON.parse(await bytesOf(end.uri, member.offset, member.bytes)).id).toBe(id);
      } else if (where.compression === "none") {
        expect(JSON.parse(await bytesOf(end.uri, where.offset, where.bytes)).id).toBe(id);
      }
    }
  },
  60_000,
);

describe.each([
  ["streamed", "webdataset: {}", "", ""],
  ["materialised", "jsonl: {}", "  - dedupe-exact\n  - filter: { where: n != 20 }\n", ", streaming: false"],
])("pipeline explain on a %s run", (name, sink, more, settings) => {
  const isGathered = more !== "";
  beforeAll(async () => {
    await run(name, `{ ${sink} }`, more, settings);
  }, 60_000);

  it("tells why a sample was dropped, by which values, and what it did not reach", async () => {
    const { samples } = await explained(name, "a/73");
    expect(samples).toMatchObject([
      {
        end: { kind: "dropped", step: "1-filter", reason: "expression" },
        steps: [
          { step: "1-filter", outcome: "dropped", scores: [{ name: "n", value: 73 }] },
          { step: "2-map-module", outcome: "not reached" },
          { step: "3-map-module", outcome: "not reached" },
          ...(isGathered ? [{ outcome: "not reached" }, { outcome: "not reached" }] : []),
        ],
      },
    ]);
  });

  it("shows the whole quarantine record of a sample that failed", async () => {
    const { samples } = await explained(name, "b/11");
    expect(samples[0].end).toMatchObject({
      kind: "failed",
      step: "2-map-module",
      code: "OPERATOR_FAILED",
      record: {
        id: "b/11",
        range: samples[0].origin.range,
        error: {
          message: expect.stringContaining("11 is not my number"),
          stack: expect.stringContaining("throw-on.ts"),
        },
      },
    });
    const shown = await cli("explain", name, "b/11");
    expect(shown.stdout).toMatch(/✗ 2-map-module +OPERATOR_FAILED {2}operator-bug\n +.*11 is not my number/);
    expect(shown.stdout).toMatch(/· 3-map-module\n/);
  });

  it("tells of the children of a split sample, and of the parent of a child", async () => {
    const { samples } = await explained(name, "a/50");
    expect(samples).toMatchObject([
      {
        end: { kind: "split", step: "3-map-module", children: 3 },
        children: [
          { id: "a/50#0", ending: "written" },
          { id: "a/50#1", ending: isGathered ? "dropped" : "written" },
          { id: "a/50#2" },
        ],
      },
    ]);
    const child = await explained(name, "a/50#2");
    expect(child.samples).toMatchObject([
      {
        id: "a/50#2",
        ancestors: [{ id: "a/50", step: "3-map-module" }],
        end: isGathered ? { kind: "dropped", reason: "duplicate" } : { kind: "written" },
      },
    ]);
    const missing = await cli("explain", name, "a/50#3");
    expect(missing).toMatchObject({ code: 2, stdout: "" });
    expect(missing.stderr).toContain('error SAMPLE_NOT_FOUND: there is no sample "a/50#3": "a/50" was split into 3');
  });

  it("explains a line that is no record", async () => {
    const offset = inputOf("a").indexOf("no record");
    const bytes = Buffer.byteLength(inputOf("a").slice(0, offset));
    const { samples } = await explained(name, `a.jsonl:${bytes}`);
    expect(samples).toMatchObject([
      {
        origin: { uri: path.join(folder, "docs/a.jsonl"), range: { offset: bytes, length: 9 } },
        end: { kind: "failed", step: "read", code: "RECORD_INVALID", record: { range: { offset: bytes, length: 9 } } },
      },
    ]);
  });

  it("sums up an input file that holds many samples", async () => {
    const story = await explained(name, "docs/a.jsonl");
    expect(story).toMatchObject({ samples: 301, unfinishedSplits: [] });
    expect(story.outcomes).toContainEqual({
      ending: "dropped",
      detail: "1-filter: expression",
      samples: 43,
      example: "a/3",
    });
    const shown = await cli("explain", name, "docs/a.jsonl");
    expect(shown.stdout).toMatch(/\n +43 {2}dropped +1-filter: expression +a\/3\n/);
  });
});

describe("pipeline explain", () => {
  it("follows a sample through every stage", async () => {
    const duplicate = await explained("materialised", "a/5");
    expect(duplicate.samples[0].end).toEqual({ kind: "dropped", step: "4-dedupe-exact", reason: "duplicate" });
    const last = await explained("materialised", "b/20");
    expect(last.samples[0].end).toEqual({ kind: "dropped", step: "5-filter", reason: "expression" });
  });

  it("names ids that look alike when there is none", async () => {
    await run("alike", "{ jsonl: {} }");
    const result = await cli("explain", "alike", "b/29O");
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toMatch(/error SAMPLE_NOT_FOUND: .*the nearest that were read: "b\/29/);
  });

  it("says that a folder holds no run", async () => {
    const result = await cli("explain", "docs", "a/1");
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("error RUN_NOT_FOUND: ");
  });

  it("explains samples of single files by id and by path, with every threshold", async () => {
    await mkdir(path.join(folder, "texts/deep"), { recursive: true });
    await writeFile(path.join(folder, "texts/deep/short.txt"), "two words");
    await writeFile(path.join(folder, "texts/deep/short.de.txt"), "zwei");
    await writeFile(path.join(folder, "texts/long.txt"), "many words ".repeat(30));
    await writeFile(
      path.join(folder, "files.yaml"),
      "source: { files: { path: ./texts, grouping: none } }\nsteps:\n  - filter-text-length: { minWords: 20, maxWords: 100 }\nsink: jsonl\noutput: ./files\n",
    );
    expect((await cli("run", "files.yaml", "--quiet")).code).toBe(0);
    for (const name of ["deep/short.txt", "texts/deep/short.txt", path.join(folder, "texts/deep/short.txt")]) {
      const { samples } = await explained("files", name);
      expect(samples).toMatchObject([
        { id: "deep/short.txt", origin: { uri: path.join(folder, "texts/deep/short.txt"), others: [] } },
      ]);
    }
    const shown = await cli("explain", "files", "deep/short.txt");
    expect(shown.stdout).toContain("deep/short.txt  dropped at 1-filter-text-length: too_few_words\n");
    expect(shown.stdout).toMatch(/\n +wordCount 2 \(missed: minWords 20, maxWords 100\)\n/);
  });

  it("works on a run that was killed, says what is not finished, and tells the same once it is", async () => {
    await run("undisturbed", "{ webdataset: {} }", "  - dedupe-exact\n");
    const slow = path.join(folder, "slow.mjs");
    await writeFile(slow, slowOperator);
    const text = (await readFile(path.join(folder, "undisturbed.yaml"), "utf8"))
      .replace("output: ./undisturbed", "output: ./killed")
      .replace("steps:\n", `steps:\n  - map-module: { module: ${slow}, options: { marker: ${folder}/go } }\n`)
      .replace("workers: 2", "workers: 1, checkpointInterval: 1ms");
    await writeFile(path.join(folder, "killed.yaml"), text);
    const killed = await runCli(["run", "killed.yaml", "--json"], {
      cwd: folder,
      onStart: (child) => {
        let seen = "";
        child.stdout?.on("data", (chunk: string) => {
          seen += chunk;
          if (seen.includes('"checkpoint-written"')) child.kill("SIGKILL");
        });
      },
    });
    expect(killed.code).toBe(null);
    const first = await explained("killed", "a/4");
    expect(first.samples).toMatchObject([{ id: "a/4", end: { kind: "waiting", stage: 1 } }]);
    const shown = await cli("explain", "killed", "a/4");
    expect(shown.stdout).toMatch(/… 5-dedupe-exact +not finished yet/);
    const unread = await explained("killed", "b.jsonl:0");
    expect(unread).toMatchObject({ samples: [], unfinishedSplits: [expect.any(Number)] });
    const file = await explained("killed", "b.jsonl");
    expect(file.unfinishedSplits.length).toBeGreaterThan(0);
    await writeFile(path.join(folder, "go"), "");
    const resumed = await cli("run", "killed.yaml", "--quiet");
    expect(resumed).toMatchObject({ code: 0, stderr: "" });
    const { samples } = await explained("killed", "a/4");
    const [undisturbed] = (await explained("undisturbed", "a/4")).samples;
    expect(samples[0].end).toEqual({ ...undisturbed.end, uri: undisturbed.end.uri.replace("undisturbed", "killed") });
  }, 60_000);
});

/** Stops at number 200 of the first file until a file is there, so that a kill finds work under way. */
const slowOperator = `
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
export default {
  kind: "map", name: "slow", summary: "Waits for a file.", modality: "any",
  options: z.strictObject({ marker: z.string() }),
  signature: () => ({ reads: [], writes: [], parts: [] }), dropReasons: () => [],
  open: async ({ marker }) => ({
    apply: async (sample) => {
      while (sample.id.endsWith("/200") && !existsSync(marker)) await setTimeout(20);
      return { kind: "keep", sample };
    },
  }),
};
`;
