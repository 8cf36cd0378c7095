import { expect, test } from "vitest";
import { resolveText } from "../../test/fixtures/resolve-text.ts";
import { describePipeline } from "./describe.ts";

const text = `source:
  photos: { path: in }
steps:
  - resize-image:
      longestEdgePixels: 512
      border: { color: red }
  - shuffle
sink: shards
`;

test("the text shows every value with where it came from", async () => {
  const resolved = await resolveText(text, { flags: { output: "out" }, environment: { PIPELINE_WORKERS: "2" } });
  const machine = { workers: 8, memoryBudgetBytes: 512 * 2 ** 20 };
  expect(describePipeline(resolved, machine).text).toBe(
    `plan ${resolved.planHash}

source                 photos                 pipeline.yaml:2
  path                 /base/in               pipeline.yaml:2
  sidecarAttributes    false                  default
  splitBytes           1024                   default
stage 1 (one task a split)
  1-resize-image       map step               pipeline.yaml:4
    longestEdgePixels  512                    pipeline.yaml:5
    border                                    pipeline.yaml:6
      color            red                    pipeline.yaml:6
stage 2 (gather: one task over the whole stream)
  2-shuffle            gather step            pipeline.yaml:7
stage 3 (one task a split)
  no steps
sink                   shards                 pipeline.yaml:8
  samplesPerShard      1000                   default
output                 /cwd/out               flag --to
seed                   0                      default
run
  workers              2                      environment PIPELINE_WORKERS
  memoryBudget         auto (512 MiB)         default
  batchSize            64                     default
  streaming            true                   default
  maxFailureRatio      0.5                    default
  maxAttempts          3                      default
  checkpointInterval   2s                     default
  checkpoints                                 default
    folder             /cwd/out/.checkpoints  default
    keep               5                      default
  sampleTimeout        300s                   default
  stallTimeout         60s                    default
`,
  );
});

test("the JSON holds the plan, the settings and the provenance", async () => {
  const resolved = await resolveText(text);
  const { json } = describePipeline(resolved);
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  expect(json).toMatchObject({
    planHash: resolved.planHash,
    plan: { seed: 0 },
    settings: { output: null, workers: "auto" },
    provenance: {
      "steps[0].resize-image.border.color": { from: "file", file: "pipeline.yaml", line: 6 },
      "sink.shards.samplesPerShard": { from: "default" },
    },
    warnings: [],
  });
});
