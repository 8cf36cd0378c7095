import process from "node:process";
import { expect, expectTypeOf, test } from "vitest";
import {
  builtinCatalog,
  type OperatorOptions,
  PipelineError,
  type PipelineSteps,
  pipeline,
  plan,
} from "../../src/index.ts";
import { parsePipelineFile } from "../../src/plan/parse-pipeline-file.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";

const built = pipeline()
  .source("files", { path: "./photos", sidecarAttributes: true })
  .step("filter", { where: "sourceBytes > 1000" })
  .step("sample", { fraction: 0.5 })
  .sink("webdataset", { samplesPerShard: 500 })
  .output("./out")
  .seed(7)
  .settings({ workers: 2 })
  .settings({ memoryBudget: "512MiB" });

const written = `
source:
  files: { path: ./photos, sidecarAttributes: true }
steps:
  - filter: { where: sourceBytes > 1000 }
  - sample: { fraction: 0.5 }
sink:
  webdataset: { samplesPerShard: 500 }
output: ./out
seed: 7
run: { workers: 2, memoryBudget: 512MiB }
`;

const fromText = (text: string) => {
  const folder = process.cwd();
  return resolvePipeline({
    text,
    fileName: "pipeline.yaml",
    baseFolder: folder,
    workingFolder: folder,
    catalog: builtinCatalog,
  });
};

test("code and YAML give the same plan, hash and settings", async () => {
  const fromCode = await plan(built);
  const fromFile = await fromText(written);
  expect(fromCode.planHash).toBe(fromFile.planHash);
  expect(fromCode.plan).toEqual(fromFile.plan);
  expect(fromCode.settings).toEqual(fromFile.settings);
});

test("toYaml writes a file of the same pipeline", async () => {
  expect(parsePipelineFile(built.toYaml(), "built.yaml").value).toEqual(built.toPipelineFile());
  expect((await fromText(built.toYaml())).planHash).toBe((await plan(built)).planHash);
});

test("a pipeline is immutable: branches do not see each other's steps", () => {
  const trunk = pipeline().source("files", { path: "a" }).step("sample", { fraction: 0.1 });
  const one = trunk.step("filter", { where: "true" }).sink("null");
  expect(trunk.sink("null").toPipelineFile().steps).toHaveLength(1);
  expect(one.toPipelineFile().steps).toHaveLength(2);
});

test("overrides go before what the pipeline says, and say so", async () => {
  const resolved = await plan(built, { overrides: { workers: 5 }, environment: { PIPELINE_WORKERS: "9" } });
  expect(resolved.settings.workers).toBe(5);
  expect(resolved.provenance.get("run.workers")).toEqual({ from: "code", name: "overrides.workers" });
  const wrong = plan(built, { overrides: { workers: 0 } });
  await expect(wrong).rejects.toThrow(
    'overrides.workers: expected "auto", a whole number of at least 1, or a range such as "2-32", received 0.',
  );
});

test("the environment counts only when it is handed in", async () => {
  process.env.PIPELINE_WORKERS = "11";
  try {
    expect((await plan(built)).settings.workers).toBe(2);
    expect((await plan(built, { environment: process.env })).settings.workers).toBe(11);
  } finally {
    delete process.env.PIPELINE_WORKERS;
  }
});

test("a pipeline file that is not there is named", async () => {
  await expect(plan("./no-such-pipeline.yaml")).rejects.toThrow(
    'cannot read "./no-such-pipeline.yaml": there is no such file',
  );
});

test("an option that no file can hold is refused", () => {
  const wrong = pipeline().source("files", { path: "a" }).step("sample", { fraction: Number.NaN }).sink("null");
  expect(() => wrong.toPipelineFile()).toThrow(PipelineError);
  expect(() => wrong.toPipelineFile()).toThrow('"steps[0].sample.fraction": expected a finite number, received NaN.');
});

test("names and options are checked by the compiler", () => {
  // Never called: the compiler is the test, and an error that is not there fails the type check.
  const wrong = (steps: PipelineSteps) => {
    // @ts-expect-error: no such source
    pipeline().source("photos", { path: "a" });
    // @ts-expect-error: the option path is required
    pipeline().source("files");
    // @ts-expect-error: the option path is a string
    pipeline().source("files", { path: 1 });
    // @ts-expect-error: no such operator
    steps.step("filtr", { where: "a" });
    // @ts-expect-error: no such option
    steps.step("filter", { when: "a" });
    // @ts-expect-error: an option too many
    steps.step("filter", { where: "a", mode: "score" });
    // @ts-expect-error: the option is a string
    steps.step("filter", { where: 3 });
    // @ts-expect-error: no such sink
    steps.sink("tar");
    // @ts-expect-error: a number
    steps.sink("webdataset", { samplesPerShard: "many" });
    // @ts-expect-error: a pipeline has a source first
    pipeline().step("filter", { where: "a" });
    // @ts-expect-error: the output belongs behind the sink
    steps.output("./out");
    // @ts-expect-error: no such setting
    steps.sink("null").settings({ worker: 2 });
    steps.sink("null").settings({ workers: "auto", memoryBudget: "1GiB" });
  };
  expect(wrong).toBeTypeOf("function");
  expectTypeOf<OperatorOptions<"filter">>().toEqualTypeOf<{ where: string }>();
});
