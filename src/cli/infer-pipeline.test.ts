import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { builtinCatalog } from "../builtin-catalog.ts";
import { resolvePipeline } from "../plan/resolve-pipeline.ts";
import { inferPipeline, inferredDocument } from "./infer-pipeline.ts";
import { pipelineYaml } from "./pipeline-yaml.ts";
import type { InputSurvey } from "./survey-input.ts";

const nothing: InputSurvey = {
  uri: "/data/in",
  source: "files",
  sourceOptions: {},
  why: "its files are samples themselves",
  samples: 0,
  unreadable: 0,
  media: { image: 0, video: 0, audio: 0, document: 0, series: 0, bytes: 0 },
  texts: 0,
  captions: 0,
  html: 0,
};
const count = fc.nat(3);
const surveys: fc.Arbitrary<InputSurvey> = fc
  .record({
    source: fc.constantFrom("files", "parquet", "webdataset"),
    media: fc.record({ image: count, video: count, audio: count, document: count, series: count, bytes: count }),
    texts: count,
    captions: count,
    html: count,
  })
  .map((found) => ({ ...nothing, ...found }));

/** What records can hold. */
const records: fc.Arbitrary<InputSurvey> = fc
  .constantFrom("jsonl" as const, "csv" as const)
  .map((source) => ({ ...nothing, source, texts: 3 }));

const stepsFor = (survey: Partial<InputSurvey>) =>
  inferPipeline({ ...nothing, ...survey }, ".", { output: "/data/out" }).steps.map((step) => step.name);

describe("inferPipeline", () => {
  it("gives a pipeline that checks without error or warning, whatever was found", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(surveys, records), async (survey) => {
        const inferred = inferPipeline(survey, survey.uri, { output: "/data/in/out", file: "/data/in/pipeline.yaml" });
        const folders = { baseFolder: "/data", workingFolder: "/data" };
        const document = inferredDocument(inferred);
        const resolved = await resolvePipeline({
          document,
          writtenBy: "inference",
          catalog: builtinCatalog,
          ...folders,
        });
        expect(resolved.warnings).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it("is what the file that `init` writes says", () => {
    fc.assert(
      fc.property(surveys, fc.string({ minLength: 1 }), (survey, output) => {
        const inferred = inferPipeline(survey, "./in", { output: "/data/out" });
        const { steps = [] } = inferredDocument(inferred);
        const written: unknown = parse(pipelineYaml(inferred, "looked at 3 samples", output));
        expect(written).toMatchObject({ steps, output });
        expect(written).toHaveProperty(["source", inferred.source.name], inferred.source.options);
        expect(written).toHaveProperty(["sink", inferred.sink.name], inferred.sink.options);
      }),
    );
  });

  it("applies rules for documents to documents, never to captions", () => {
    expect(stepsFor({ texts: 5 })).toContain("filter-gopher-quality");
    const captioned = stepsFor({ captions: 5, media: { ...nothing.media, image: 5 } });
    expect(captioned).toContain("normalize-text");
    expect(captioned).not.toContain("filter-gopher-quality");
  });

  it("chooses no step for bytes that nothing understands", () => {
    expect(stepsFor({ media: { ...nothing.media, bytes: 5 } })).toEqual([]);
  });

  it("leaves its own output out of the input", () => {
    const { source } = inferPipeline(nothing, ".", { output: "/data/in/out", file: "/data/in/pipeline.yaml" });
    expect(source.options).toEqual({ path: ".", exclude: ["out/**", "pipeline.yaml"] });
  });
});
