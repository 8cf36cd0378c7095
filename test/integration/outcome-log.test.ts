import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { outcomeLine, outcomeLogHeader } from "../../src/contract/outcome-log.ts";
import { datasetDigest, runPipeline, temporaryFolder } from "./run-pipeline.ts";

const operators = fileURLToPath(new URL("../fixtures/operators/", import.meta.url));

async function writeInput(folder: string): Promise<string> {
  const input = path.join(folder, "input");
  await mkdir(input);
  const lines = Array.from({ length: 3000 }, (_, n) =>
    n % 101 === 5 ? "no record" : JSON.stringify({ text: `number ${n % 900} ${"word ".repeat(n % 30)}`, n }),
  );
  await writeFile(path.join(input, "numbers.jsonl"), lines.join("\n"));
  return input;
}

/** Asynchronous steps, batches, children, a gather step: whatever could bring lines out of order. */
function pipelineText(input: string): string {
  return `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 32KiB } }
steps:
  - map-module: { module: ${path.join(operators, "throw-on.ts")}, options: { numbers: [7, 8, 250], isAsync: true }, reads: [n] }
  - map-module: { module: ${path.join(operators, "split-on.ts")}, options: { multiple: 9, children: 4 }, reads: [n] }
  - filter: { where: "coalesce(child, 0) != 2 and n % 11 != 4" }
  - batch-module: { module: ${path.join(operators, "batch-throw-on.ts")}, options: { numbers: [20, 21, 300], maxBatch: 64 }, reads: [n], writes: [seen] }
  - dedupe-exact
  - filter: { where: "n % 13 != 2" }
sink: { jsonl: {} }
`;
}

async function linesOf(output: string, name: string) {
  const text = zstdDecompressSync(await readFile(path.join(output, name))).toString("utf8");
  const [header = "", ...lines] = text.trimEnd().split("\n");
  return {
    header: outcomeLogHeader.parse(JSON.parse(header)),
    lines: lines.map((line) => outcomeLine.parse(JSON.parse(line))),
  };
}

test("outcome logs have the same bytes whatever the workers and batches", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const digests = [];
  for (const [workers, batchSize] of [
    [1, 64],
    [2, 16],
  ] as const) {
    const output = path.join(folder, `w${workers}`);
    const summary = await runPipeline(pipelineText(input), output, { settings: { workers, batchSize } });
    expect(summary.outcome).toBe("succeeded");
    digests.push(await datasetDigest(output));
  }
  expect(digests[1]).toEqual(digests[0]);
  const logs = [...(digests[0]?.keys() ?? [])].filter((name) => name.startsWith("_outcomes/"));
  expect(logs).toContain("_outcomes/shard-000000.jsonl.zst");
  expect(logs).toContain("_outcomes/stage-1-shard-000000.jsonl.zst");
  expect(logs).toContain("_outcomes/stage-2-shard-000000.jsonl.zst");
});

test("outcome logs add up to the accounting, step by step, and the manifest lists them", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const output = path.join(folder, "out");
  const { accounting } = await runPipeline(pipelineText(input), output);
  const manifest = JSON.parse(await readFile(path.join(output, "_manifest.json"), "utf8"));
  const counts = new Map<string, number>();
  const add = (key: string, by = 1) => counts.set(key, (counts.get(key) ?? 0) + by);
  const stages = new Set<number>();
  for (const { name, samples } of manifest.outcomes) {
    const { header, lines } = await linesOf(output, name);
    expect(lines).toHaveLength(samples);
    stages.add(header.stage);
    for (const { drop, fail, split } of lines) {
      if (drop !== undefined) add(`${drop[0]} dropped ${drop[1]}`);
      else if (fail !== undefined) add(`${fail[0]} failed ${fail[1]}`);
      else if (split !== undefined) {
        add(`${split[0]} split`);
        add(`${split[0]} children`, split[1]);
      } else add(`left stage ${header.stage}`);
    }
  }
  expect([...stages].sort()).toEqual([0, 1, 2]);
  expect(counts.get("left stage 2")).toBe(accounting.written);
  expect(counts.get("read failed RECORD_INVALID")).toBe(accounting.unreadable.RECORD_INVALID);
  for (const [id, step] of Object.entries(accounting.steps)) {
    for (const [reason, count] of Object.entries(step.dropped))
      expect(counts.get(`${id} dropped ${reason}`)).toBe(count);
    for (const [code, count] of Object.entries(step.failed)) expect(counts.get(`${id} failed ${code}`)).toBe(count);
    expect(counts.get(`${id} split`) ?? 0).toBe(step.split);
    expect(counts.get(`${id} children`) ?? 0).toBe(step.children);
  }
});
