import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { RunEvent } from "../../src/contract/run-event.ts";
import { catalog as exitCatalog } from "../fixtures/catalogs/exit-sink.ts";
import { datasetDigest, runPipeline, temporaryFolder } from "./run-pipeline.ts";

const operators = fileURLToPath(new URL("../fixtures/operators/", import.meta.url));

async function writeNumbers(folder: string, count: number): Promise<string> {
  const input = path.join(folder, "input");
  await mkdir(input, { recursive: true });
  const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ text: `number ${n % 10}`, n }));
  await writeFile(path.join(input, "numbers.jsonl"), lines.join("\n"));
  return input;
}

function pipelineText(input: string, steps: string): string {
  return `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 2KiB } }
steps:
${steps}
sink: { jsonl: {} }
`;
}

async function quarantineOf(output: string): Promise<readonly unknown[]> {
  const digest = await datasetDigest(output);
  const records: unknown[] = [];
  for (const name of digest.keys()) {
    if (!name.startsWith("_quarantine/")) continue;
    const text = await readFile(path.join(output, name), "utf8");
    records.push(
      ...text
        .trim()
        .split("\n")
        .map((line): unknown => JSON.parse(line)),
    );
  }
  return records;
}

for (const isAsync of [false, true]) {
  test(`a sample that an operator ${isAsync ? "rejects" : "throws"} on costs itself, and says where`, async () => {
    const folder = await temporaryFolder();
    const input = await writeNumbers(folder, 300);
    const module = path.join(operators, "throw-on.ts");
    const summary = await runPipeline(
      pipelineText(
        input,
        `  - map-module: { module: ${module}, options: { numbers: [7, 250], isAsync: ${isAsync} }, reads: [n] }`,
      ),
      path.join(folder, "out"),
    );
    expect(summary).toMatchObject({ outcome: "succeeded", accounting: { read: 300, written: 298 } });
    expect(summary.accounting.steps["1-map-module"]).toMatchObject({
      in: 300,
      kept: 298,
      failed: { OPERATOR_FAILED: 2 },
    });
    const records = await quarantineOf(path.join(folder, "out"));
    expect(records).toMatchObject([
      {
        id: expect.stringMatching(/^numbers\.jsonl:\d+$/),
        step: "1-map-module",
        failureClass: "operator-bug",
        uri: path.join(input, "numbers.jsonl"),
      },
      {
        error: {
          code: "OPERATOR_FAILED",
          message: expect.stringContaining("250 is not my number"),
          stack: expect.stringContaining("throw-on.ts"),
        },
      },
    ]);
  });
}

test("a batch that throws is taken apart until only the culprits are left", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 300);
  const module = path.join(operators, "batch-throw-on.ts");
  const summary = await runPipeline(
    pipelineText(
      input,
      `  - batch-module: { module: ${module}, options: { numbers: [7, 8, 250], maxBatch: 16 }, reads: [n], writes: [seen] }`,
    ),
    path.join(folder, "out"),
    { settings: { batchSize: 16 } },
  );
  expect(summary.accounting.steps["1-batch-module"]).toEqual({
    in: 300,
    kept: 297,
    dropped: {},
    failed: { OPERATOR_FAILED: 3 },
    split: 0,
    children: 0,
  });
  expect(summary.accounting.written).toBe(297);
});

test("a worker that ends costs a second attempt, and no byte", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 300);
  const steps = `  - map-module: { module: ${path.join(operators, "exit-once.ts")}, options: { number: 123, marker: ${path.join(folder, "marker")} }, reads: [n] }`;
  const events: RunEvent[] = [];
  const summary = await runPipeline(pipelineText(input, steps), path.join(folder, "first"), {
    onEvent: (event) => events.push(event),
  });
  expect(summary).toMatchObject({ outcome: "succeeded", accounting: { read: 300, written: 300 } });
  expect(events.filter((event) => event.type === "worker-lost")).toMatchObject([
    { reason: expect.stringMatching(/^it exited with code 42, with samples? [\d to]+ of split 1 in flight$/) },
  ]);
  expect(events.filter((event) => event.type === "task-failed")).toMatchObject([
    { attempt: 1, willRetry: true, error: { code: "WORKER_LOST", message: expect.stringContaining("about to end") } },
  ]);
  const undisturbed = path.join(folder, "second");
  await runPipeline(pipelineText(input, steps), undisturbed);
  expect(await datasetDigest(path.join(folder, "first"))).toEqual(await datasetDigest(undisturbed));
});

test("a sample that ends its worker every time is quarantined, and its split is done", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 300);
  const steps = `  - map-module: { module: ${path.join(operators, "exit-once.ts")}, options: { number: 123, marker: ${path.join(folder, "marker")}, always: true }, reads: [n] }`;
  const output = path.join(folder, "out");
  const summary = await runPipeline(pipelineText(input, steps), output, { settings: { maxAttempts: 1 } });
  expect(summary).toMatchObject({ outcome: "succeeded", accounting: { read: 300, written: 299 } });
  expect(await quarantineOf(output)).toMatchObject([
    { step: "1-map-module", failureClass: "operator-bug", error: { code: "SAMPLE_CRASHED" } },
  ]);
});

test("a split that ends its worker while nothing can be blamed is given up and named; the others are done", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 300);
  const text = `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 2KiB } }
steps: []
sink: { exit-sink: { split: 2 } }
`;
  const catalogFile = new URL("../fixtures/catalogs/exit-sink.ts", import.meta.url);
  const summary = await runPipeline(text, path.join(folder, "out"), {
    catalog: { value: exitCatalog, module: catalogFile },
    settings: { maxAttempts: 2 },
  });
  expect(summary).toMatchObject({
    outcome: "failed",
    error: { code: "WORKER_LOST" },
    failedTasks: [{ task: { stage: 0, split: 2 } }],
  });
  expect(summary.accounting.read).toBeGreaterThan(150);
  expect([...(await datasetDigest(path.join(folder, "out"))).keys()]).not.toContain("_SUCCESS");
});

test("a step that no worker can open ends the run before it begins", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 10);
  const run = runPipeline(
    pipelineText(input, "  - map-module: { module: /nowhere/operator.ts }"),
    path.join(folder, "out"),
  );
  await expect(run).rejects.toMatchObject({ message: expect.stringContaining("/nowhere/operator.ts") });
});

test("more failures than the limit end the run as failed, and a higher limit lets the same command finish", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 300);
  const module = path.join(operators, "throw-on.ts");
  const numbers = Array.from({ length: 30 }, (_, n) => n);
  const text = pipelineText(
    input,
    `  - map-module: { module: ${module}, options: { numbers: [${numbers}] }, reads: [n] }`,
  );
  const output = path.join(folder, "out");
  const failed = await runPipeline(text, output, { settings: { maxFailureRatio: 0.05 } });
  expect(failed).toMatchObject({
    outcome: "failed",
    error: { code: "FAILURES_ABOVE_LIMIT", message: expect.stringMatching(/^30 of \d+ samples failed/) },
  });
  const finished = await runPipeline(text, output, { settings: { maxFailureRatio: 0.2 } });
  expect(finished).toMatchObject({ outcome: "succeeded", accounting: { read: 300, written: 270 } });
});

test("a gather step sees the whole input, and its output is cut into splits again", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 300);
  const steps = "  - sample: { fraction: 0.9 }\n  - dedupe-exact\n  - filter: { where: 'n % 2 == 0' }";
  const output = path.join(folder, "out");
  const summary = await runPipeline(pipelineText(input, steps), output);
  expect(summary.outcome).toBe("succeeded");
  expect(summary.accounting.steps["2-dedupe-exact"]).toMatchObject({ kept: 10 });
  const lines = (await readFile(path.join(output, "shard-000000-0000.jsonl"), "utf8")).trim().split("\n");
  expect(new Set(lines.map((line) => String(JSON.parse(line).text)))).toHaveLength(lines.length);
  expect([...(await datasetDigest(output)).keys()].filter((name) => name.startsWith("_stages"))).toEqual([]);
  await runPipeline(pipelineText(input, steps), path.join(folder, "again"), { settings: { workers: 1 } });
  expect(await datasetDigest(path.join(folder, "again"))).toEqual(await datasetDigest(output));
});

test("a module that was edited since the run began is refused on resume", async () => {
  const folder = await temporaryFolder();
  const input = await writeNumbers(folder, 100);
  const module = path.join(folder, "own-operator.mjs");
  const code = `
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
export default {
  kind: "map", name: "keep-all", summary: "Keeps all.", modality: "any", options: z.strictObject({}),
  signature: () => ({ reads: [], writes: [], parts: [] }), dropReasons: () => [],
  open: async () => ({ apply: (sample) => ({ kind: "keep", sample }) }),
};
`;
  await writeFile(module, code);
  const text = pipelineText(input, `  - map-module: { module: ${module} }`);
  const output = path.join(folder, "out");
  await runPipeline(text, output);
  await writeFile(module, `${code}// edited`);
  await expect(runPipeline(text, output)).rejects.toMatchObject({
    code: "PLAN_MISMATCH",
    message: expect.stringContaining("1-map-module"),
  });
});
