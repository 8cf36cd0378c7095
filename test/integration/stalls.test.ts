import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { expect, test } from "vitest";
import type { Stall } from "../../src/contract/executor.ts";
import type { RunSettings } from "../../src/contract/run-settings.ts";
import { catalog } from "../fixtures/catalogs/silent.ts";
import type { Misbehaviour } from "../fixtures/misbehaviour.ts";
import { picture } from "../fixtures/picture.ts";
import { runPipeline, temporaryFolder } from "./run-pipeline.ts";

const silent = { value: catalog, module: new URL("../fixtures/catalogs/silent.ts", import.meta.url) };

async function writeRecords(folder: string): Promise<string> {
  const input = path.join(folder, "records.jsonl");
  await writeFile(input, Array.from({ length: 20 }, (_, n) => JSON.stringify({ text: `number ${n}`, n })).join("\n"));
  return `{ jsonl: { path: ${JSON.stringify(input)} } }`;
}

function misbehaving(given: Omit<Misbehaviour, "addon">): string {
  const module = fileURLToPath(new URL("../fixtures/operators/misbehave.ts", import.meta.url));
  return `map-module: { module: ${JSON.stringify(module)}, options: ${JSON.stringify(given)}, readsIfPresent: [n] }`;
}

/** Runs until the run has said `times` that a task does not get on, then ends it at once. */
async function stallsOf(
  text: string,
  output: string,
  settings: Partial<RunSettings> = {},
  times = 1,
): Promise<readonly Stall[]> {
  const stalls: Stall[] = [];
  await runPipeline(text, output, {
    catalog: silent,
    settings: { workers: 1, stallTimeoutSeconds: 0.5, ...settings },
    onEvent: (event, run) => {
      // A slow machine may take as long to start a worker.
      if (event.type !== "worker-stalled" || event.stall.whereabouts === null) return;
      stalls.push(event.stall);
      if (stalls.length === times) run.abort();
    },
  });
  return stalls;
}

test("a promise that never settles is named with its step and its sample, again and again", async () => {
  const folder = await temporaryFolder();
  const text = `{ source: ${await writeRecords(folder)}, steps: [${misbehaving({ culprits: ["7"], way: "hang" })}], sink: { jsonl: {} } }`;
  const [stall, again] = await stallsOf(text, path.join(folder, "out"), {}, 2);
  expect(stall).toMatchObject({
    waitsFor: "operator",
    sample: expect.stringMatching(/^records\.jsonl:\d+$/),
    whereabouts: { stage: 0, split: 0, phase: "working" },
    explanation: expect.stringMatching(
      /^step 1-map-module has not answered for \d+ s for sample records\.jsonl:\d+ \(.*records\.jsonl\)$/,
    ),
  });
  expect(again?.seconds).toBeGreaterThanOrEqual(stall?.seconds ?? Number.POSITIVE_INFINITY);
});

test("a loop that never ends is named with its file and line", async () => {
  const folder = await temporaryFolder();
  const text = `{ source: ${await writeRecords(folder)}, steps: [${misbehaving({ culprits: ["7"], way: "spin" })}], sink: { jsonl: {} } }`;
  const [stall] = await stallsOf(text, path.join(folder, "out"));
  expect(stall).toMatchObject({
    waitsFor: "operator",
    explanation: expect.stringMatching(
      /samples \d+ to \d+ of split 0 .*; it is in spinForEver \(file:.*misbehaviour\.ts:\d+:\d+\)$/,
    ),
  });
});

test("storage that does not answer a read is named with what is read", async () => {
  const folder = await temporaryFolder();
  const [stall] = await stallsOf(
    "{ source: { silent-source: {} }, steps: [], sink: { jsonl: {} } }",
    path.join(folder, "out"),
    { sampleTimeoutSeconds: 0.3 },
  );
  expect(stall).toMatchObject({
    waitsFor: "storage",
    whereabouts: { phase: "reading" },
    explanation: expect.stringMatching(/^storage has not answered for \d+ s: reading far:\/\/away\/records\.jsonl$/),
  });
});

test("storage that does not answer a write is named with what is written; no sample is blamed for it", async () => {
  const folder = await temporaryFolder();
  const output = path.join(folder, "out");
  const text = `{ source: ${await writeRecords(folder)}, steps: [], sink: { silent-sink: {} } }`;
  const [stall] = await stallsOf(text, output, { sampleTimeoutSeconds: 0.3 });
  expect(stall).toMatchObject({
    waitsFor: "storage",
    whereabouts: { phase: "writing" },
    explanation: expect.stringContaining(`writing the shards of split 0 below ${output}`),
  });
});

test("a sample that waits for memory is told from the sample that holds it", async () => {
  const folder = await temporaryFolder();
  const input = path.join(folder, "pictures");
  await mkdir(input);
  const { data, width, height } = picture(64, 64);
  for (const name of ["a.png", "b.png"])
    await writeFile(
      path.join(input, name),
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
  const text = `{ source: { files: { path: ${JSON.stringify(input)} } }, steps: [${misbehaving({ culprits: ["a"], way: "hang" })}], sink: { webdataset: {} } }`;
  const [stall] = await stallsOf(text, path.join(folder, "out"), { memoryBudgetBytes: 4096 });
  expect(stall).toMatchObject({
    waitsFor: "memory",
    sample: "a",
    explanation: expect.stringMatching(
      /^the next sample needs [\d.]+ KiB of decoded memory, but 1 sample in flight holds [\d.]+ KiB of the worker's 4 KiB; step 1-map-module has not answered/,
    ),
  });
});
