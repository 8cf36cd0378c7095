import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Pipeline, pipeline, type RunEvent, run, totalsOf } from "../../src/index.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "run-pipeline-"));
  const records = Array.from({ length: 10 }, (_, index) => JSON.stringify({ text: `text ${index}`, size: index }));
  await writeFile(path.join(folder, "in.jsonl"), `${records.join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const smallOnes = (): Pipeline =>
  pipeline()
    .source("jsonl", { path: path.join(folder, "in.jsonl") })
    .step("filter", { where: "size < 4" })
    .sink("jsonl", { compression: "none" });

test("a pipeline in code runs in worker processes and tells what happened", async () => {
  const events: RunEvent["type"][] = [];
  const output = path.join(folder, "out");
  const summary = await run(smallOnes().output(output).settings({ workers: 1 }), {
    onEvent: (event) => events.push(event.type),
  });
  expect(summary.error).toBeNull();
  expect(summary).toMatchObject({ outcome: "succeeded", destination: output, wasComplete: false, shards: 1 });
  expect(totalsOf(summary.accounting)).toEqual({ read: 10, children: 0, written: 4, dropped: 6, failed: 0, split: 0 });
  expect(events).toContain("run-started");
  expect(events.at(-1)).toBe("run-finished");
  const again = await run(smallOnes().output(output));
  expect(again).toMatchObject({ outcome: "succeeded", wasComplete: true });
});

test("toYaml gives a file that runs to the same dataset", async () => {
  const file = path.join(folder, "pipeline.yaml");
  await writeFile(file, smallOnes().toYaml());
  const one = path.join(folder, "by-file");
  const two = path.join(folder, "by-code");
  const shards = async (output: string) => {
    const manifest: unknown = JSON.parse(await readFile(path.join(output, "_manifest.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null && "shards" in manifest ? manifest.shards : undefined;
  };
  await run(file, { overrides: { output: one, workers: 1 } });
  await run(smallOnes(), { overrides: { output: two, workers: 1 } });
  expect(await shards(one)).toBeInstanceOf(Array);
  expect(await shards(one)).toEqual(await shards(two));
});

test("another pipeline into the same folder is refused, and the difference named", async () => {
  const output = path.join(folder, "taken");
  await run(smallOnes().output(output).settings({ workers: 1 }));
  const other = run(smallOnes().seed(3).output(output).settings({ workers: 1 }));
  await expect(other).rejects.toMatchObject({
    code: "PLAN_MISMATCH",
    message: expect.stringContaining("seed: was 0, now 3"),
  });
});

test("a run whose signal is aborted already ends as interrupted and publishes nothing", async () => {
  const output = path.join(folder, "aborted");
  const summary = await run(smallOnes().output(output), { signal: AbortSignal.abort() });
  expect(summary.outcome).toBe("interrupted");
  await expect(readFile(path.join(output, "_SUCCESS"))).rejects.toThrow("ENOENT");
});

test("without an output folder nothing begins", async () => {
  await expect(run(smallOnes())).rejects.toThrow("no output folder was given");
});
