import { expect, test } from "vitest";
import { planCatalog } from "../../test/fixtures/plan-catalog.ts";
import { resolveText, withSteps } from "../../test/fixtures/resolve-text.ts";
import { resolvePipeline } from "./resolve-pipeline.ts";
import { completeSettings } from "./resolved-settings.ts";

const whole = `
source:
  photos: { path: ./in, splitBytes: 1MiB }
steps:
  - filter-blur: { mode: score }
  - ocr
  - shuffle:
  - detect-language
sink: shards
output: ../out
seed: 5
run: { workers: 3, memoryBudget: 64MiB, checkpointInterval: 500ms, maxAttempts: 2, batchSize: 8, maxFailureRatio: 0 }
`;

// Seeds: `printf 5:1 | sha256sum | cut -c1-8` (coreutils 9.1), and so on.
test("a pipeline file becomes a plan with every default filled in", async () => {
  const { plan, warnings } = await resolveText(whole);
  expect(plan).toEqual({
    version: 1,
    source: { name: "photos", options: { path: "/base/in", sidecarAttributes: false, splitBytes: 1_048_576 } },
    stages: [
      {
        index: 0,
        kind: "map",
        steps: [
          {
            id: "1-filter-blur",
            name: "filter-blur",
            kind: "map",
            options: { minLaplacianVariance: 100, mode: "score" },
            seed: 2_777_181_985,
          },
          { id: "2-ocr", name: "ocr", kind: "map", options: {}, seed: 58_991_464 },
        ],
      },
      {
        index: 1,
        kind: "gather",
        steps: [{ id: "3-shuffle", name: "shuffle", kind: "gather", options: {}, seed: 3_157_145_871 }],
      },
      {
        index: 2,
        kind: "map",
        steps: [{ id: "4-detect-language", name: "detect-language", kind: "map", options: {}, seed: 144_074_903 }],
      },
    ],
    sink: { name: "shards", options: { samplesPerShard: 1000 } },
    streaming: true,
    seed: 5,
  });
  expect(warnings).toEqual([]);
});

const usual = { cpus: 1, gpus: 0, memoryBytes: 0, labels: {} };

test("settings come from the file, locations relative to it", async () => {
  expect((await resolveText(whole)).settings).toEqual({
    output: "/out",
    checkpoints: "/out/.checkpoints",
    workers: 3,
    memoryBudgetBytes: 67_108_864,
    batchSize: 8,
    maxAttempts: 2,
    maxFailureRatio: 0,
    checkpointIntervalSeconds: 0.5,
    keepCheckpoints: 5,
    resumeFrom: undefined,
    sampleTimeoutSeconds: 300,
    resources: Array.from({ length: 3 }, () => usual),
    stallTimeoutSeconds: 60,
  });
});

test("a file without them has defaults", async () => {
  expect((await resolveText(withSteps([]))).settings).toEqual({
    output: undefined,
    checkpoints: undefined,
    workers: "auto",
    memoryBudgetBytes: "auto",
    batchSize: 64,
    maxAttempts: 3,
    maxFailureRatio: 0.5,
    checkpointIntervalSeconds: 2,
    keepCheckpoints: 5,
    resumeFrom: undefined,
    sampleTimeoutSeconds: 300,
    resources: Array.from({ length: 1 }, () => usual),
    stallTimeoutSeconds: 60,
  });
});

test("the stage of a step that needs more takes the most of what its steps need", async () => {
  const resources = `run:
  workers: 2-32
  resources:
    cpus: 2
    labels: { zone: a }
    steps:
      1-filter-blur: { gpus: 0.5, memory: 4GiB }
      2-ocr: { gpus: 1, cpus: 0.5, labels: { accelerator: H100 } }
`;
  const { settings } = await resolveText(whole.replace(/^run:.*\n/m, resources));
  expect(settings.workers).toEqual({ min: 2, max: 32 });
  expect(settings.resources[0]).toEqual({
    cpus: 2,
    gpus: 1,
    memoryBytes: 4 * 2 ** 30,
    labels: { zone: "a", accelerator: "H100" },
  });
  expect(settings.resources.slice(1).every(({ cpus, gpus }) => cpus === 2 && gpus === 0)).toBe(true);
});

test("resources of a step that the pipeline does not have are refused, with the one that was probably meant", async () => {
  const resources = "run:\n  resources: { steps: { 1-filter-blurr: { gpus: 1 } } }\n";
  await expect(resolveText(whole.replace(/^run:.*\n/m, resources))).rejects.toThrow(
    'the pipeline has no step "1-filter-blurr". Did you mean "1-filter-blur"?',
  );
});

test.each([
  ["run: { workers: 5-2 }", 'a range such as "2-32"'],
  ["run: { resources: { gpus: 1.5 } }", "expected at most 1, or a whole number"],
  ["run: { resources: { cpus: 0 } }", "run.resources.cpus"],
])("%s is refused", async (text, words) => {
  await expect(resolveText(`${withSteps([])}\n${text}\n`)).rejects.toThrow(words);
});

test("flag goes before environment, environment before file; typed locations are relative to the working folder", async () => {
  const environment = {
    OUTPUT_PATH: "env",
    PIPELINE_WORKERS: "7",
    PIPELINE_MEMORY_BUDGET: "auto",
    PIPELINE_CHECKPOINTS: "",
  };
  const { settings, provenance } = await resolveText(whole, {
    flags: { workers: "9", output: "s3://b/out" },
    environment,
  });
  expect(settings).toMatchObject({ output: "s3://b/out", workers: 9, memoryBudgetBytes: "auto", maxAttempts: 2 });
  expect(settings.checkpoints).toBe("s3://b/out/.checkpoints");
  expect((await resolveText(whole, { environment })).settings).toMatchObject({ output: "/cwd/env", workers: 7 });
  expect(Object.fromEntries(provenance)).toMatchObject({
    "source.photos": { from: "file", file: "pipeline.yaml", line: 3 },
    "source.photos.sidecarAttributes": { from: "default" },
    "steps[0].filter-blur.mode": { from: "file", line: 5 },
    "steps[0].filter-blur.minLaplacianVariance": { from: "default" },
    "steps[1].ocr": { from: "file", line: 6 },
    output: { from: "flag", name: "--to" },
    "run.workers": { from: "flag", name: "--workers" },
    "run.memoryBudget": { from: "environment", name: "PIPELINE_MEMORY_BUDGET" },
    "run.checkpoints.folder": { from: "default" },
    "run.batchSize": { from: "file", line: 12 },
  });
});

test("every setting can be given by flag, as the text of a command line", async () => {
  const flags = {
    output: "17",
    workers: "2",
    memoryBudget: "1GiB",
    checkpoints: "ck",
    batchSize: "16",
    streaming: "false",
    maxFailureRatio: "0.5",
    maxAttempts: "1",
    checkpointInterval: "1m",
    keepCheckpoints: "7",
    resumeFrom: "checkpoint_000123",
    sampleTimeout: "10s",
    stallTimeout: "1m",
    seed: "8",
  };
  const { settings, plan } = await resolveText(whole, { flags });
  expect(settings).toEqual({
    output: "/cwd/17",
    checkpoints: "/cwd/ck",
    workers: 2,
    memoryBudgetBytes: 1_073_741_824,
    batchSize: 16,
    maxAttempts: 1,
    maxFailureRatio: 0.5,
    checkpointIntervalSeconds: 60,
    keepCheckpoints: 7,
    resumeFrom: "checkpoint_000123",
    sampleTimeoutSeconds: 10,
    resources: Array.from({ length: 4 }, () => usual),
    stallTimeoutSeconds: 60,
  });
  expect([plan.streaming, plan.seed, plan.stages.length]).toEqual([false, 8, 4]);
});

test("the hash tells what runs, not how it is written or how it runs", async () => {
  const { planHash } = await resolveText(whole);
  const rewritten = JSON.stringify({
    sink: { shards: { samplesPerShard: 1000 } },
    seed: 5,
    steps: [{ "filter-blur": { mode: "score", minLaplacianVariance: 100 } }, { ocr: {} }, "shuffle", "detect-language"],
    source: { photos: { splitBytes: 1_048_576, path: "/base/in" } },
  });
  expect((await resolveText(rewritten)).planHash).toBe(planHash);
  expect((await resolveText(whole, { flags: { workers: 1, batchSize: 1 } })).planHash).toBe(planHash);
  expect((await resolveText(whole, { flags: { seed: 6 } })).planHash).not.toBe(planHash);
  expect((await resolveText(whole, { flags: { streaming: false } })).planHash).not.toBe(planHash);
  // hashlib.sha256(json.dumps(plan, sort_keys=True, separators=(",", ":")).encode()) of Python 3.11 over the same plan.
  expect(planHash).toBe("9002728f55c4df1b019ffc4bf8230601e2651e60d12e4304d56c7904c8876da6");
});

test("a document from code resolves as the file does", async () => {
  const document = { source: { photos: { path: "in" } }, sink: "shards" };
  const request = { baseFolder: "/base", workingFolder: "/cwd", catalog: planCatalog };
  const resolved = await resolvePipeline({ ...request, document, writtenBy: "inference" });
  expect(resolved.planHash).toBe((await resolveText("source: { photos: { path: in } }\nsink: shards\n")).planHash);
  expect(resolved.provenance.get("source.photos.path")).toEqual({ from: "inference" });
});

test("sections with nothing behind them count as absent", async () => {
  const empty = await resolveText("source: { photos: { path: in } }\nsteps:\nsink: shards\nrun:\n");
  expect(empty.planHash).toBe((await resolveText("source: { photos: { path: in } }\nsink: shards\n")).planHash);
});

test("complete settings ask the machine for what is auto, and need an output", async () => {
  const machine = { workers: 4, memoryBudgetBytes: 1000 };
  const { settings } = await resolveText(withSteps([]), { flags: { output: "out", memoryBudget: "1MiB" } });
  expect(completeSettings(settings, machine)).toMatchObject({
    output: "/cwd/out",
    workers: 4,
    memoryBudgetBytes: 1_048_576,
  });
  const { settings: none } = await resolveText(withSteps([]));
  expect(() => completeSettings(none, machine)).toThrow(
    "no output folder was given. Add `output: ./out` to the pipeline file, or give --to <folder> or OUTPUT_PATH.",
  );
});
