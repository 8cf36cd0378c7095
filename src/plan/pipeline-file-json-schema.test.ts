import { expect, test } from "vitest";
import { z } from "zod";
import { planCatalog } from "../../test/fixtures/plan-catalog.ts";
import { pipelineFileJsonSchema } from "./pipeline-file-json-schema.ts";

// zod reads JSON Schema too, and so says what an editor would.
const accepts = async (file: unknown): Promise<boolean> => {
  const schema = await pipelineFileJsonSchema(planCatalog);
  return z.fromJSONSchema({ ...schema }).safeParse(file).success;
};

const source = { photos: { path: "p" } };

test.each([
  { source, sink: "shards" },
  { source, sink: { shards: null }, steps: [] },
  { source, sink: "shards", steps: ["ocr", { "filter-blur": { mode: "score" } }, { shuffle: null }] },
  {
    source,
    sink: "shards",
    output: "o",
    seed: 3,
    run: { workers: "auto", memoryBudget: "1GiB", checkpointInterval: 2 },
  },
])("an editor accepts %j", async (file) => {
  expect(await accepts(file)).toBe(true);
});

test.each([
  { sink: "shards" },
  { source },
  { source: "photos", sink: "shards" },
  { source: { photos: null }, sink: "shards" },
  { source: { ...source, records: { path: "p" } }, sink: "shards" },
  { source, sink: "shards", steps: ["filter-blurr"] },
  { source, sink: "shards", steps: [{ "filter-blur": { mode: "scores" } }] },
  { source, sink: "shards", stepz: [] },
  { source, sink: "shards", run: { workers: 0 } },
  { source, sink: "shards", run: { memoryBudget: "lots" } },
])("an editor refuses %j", async (file) => {
  expect(await accepts(file)).toBe(false);
});

test("options carry their defaults and descriptions", async () => {
  const text = JSON.stringify(await pipelineFileJsonSchema(planCatalog));
  expect(text).toContain('"description":"Smallest variance."');
  expect(text).toContain('"default":100');
  expect(text).not.toContain("~standard");
});
