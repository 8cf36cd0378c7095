import { expect, test } from "vitest";
import { mistakeOf, resolveText, withSteps } from "../../test/fixtures/resolve-text.ts";

const reading = (...names: readonly string[]): string => `where: { attributes: [${names.join(", ")}] }`;
const peeking = (...names: readonly string[]): string => `where-if-present: { attributes: [${names.join(", ")}] }`;
const firstLine = (text: string): string => text.split("\n")[0] ?? "";

test.each([
  {
    why: "a later step writes it",
    steps: [reading("laplacianVariance"), "filter-blur"],
    message:
      '3:5: step 1 (where) reads the attribute "laplacianVariance", which nothing before it writes. It is written by step 2 (filter-blur), which comes later: move step 1 (where) behind it.',
  },
  {
    why: "a step that is not there writes it",
    steps: ["ocr", reading("laplacianVariance")],
    message:
      '4:5: step 2 (where) reads the attribute "laplacianVariance", which nothing before it writes. It is written by filter-blur, which is not in this pipeline: add that step before step 2 (where).',
  },
  {
    why: "nobody writes it",
    steps: [reading("sourceByte")],
    message:
      '3:5: step 1 (where) reads the attribute "sourceByte", which nothing before it writes. Did you mean "sourceBytes"? Written before it: path, sourceBytes. With `sidecarAttributes: true`, source (photos) takes attributes from the input too.',
  },
  {
    why: "its name is not quite that of one which an operator writes",
    steps: [reading("laplacianVarianz")],
    message:
      '3:5: step 1 (where) reads the attribute "laplacianVarianz", which nothing before it writes. Did you mean "laplacianVariance", which filter-blur writes? Written before it: path, sourceBytes. With `sidecarAttributes: true`, source (photos) takes attributes from the input too.',
  },
  {
    why: "a step before it removed it",
    steps: ["select: { attributes: [path] }", reading("path"), reading("sourceBytes")],
    message:
      '5:5: step 3 (where) reads the attribute "sourceBytes", which step 1 (select) removes. Keep it there, or move step 3 (where) before it.',
  },
])("an attribute is not there: $why", async ({ steps, message }) => {
  const error = await mistakeOf(withSteps(steps));
  expect([error.code, firstLine(error.message)]).toEqual(["ATTRIBUTE_NOT_WRITTEN", `pipeline.yaml:${message}`]);
});

test("attributes are found wherever they come from", async () => {
  const steps = [
    "filter-blur",
    reading("laplacianVariance", "sourceBytes"),
    "ocr",
    "detect-language",
    reading("language"),
  ];
  expect((await resolveText(withSteps(steps))).warnings).toEqual([]);
});

test("each missing attribute is told once, at the first step that reads it", async () => {
  const error = await mistakeOf(withSteps([reading("zip", "zap"), reading("zip")]));
  expect(error.details.findings).toMatchObject([{ path: "steps[0].where" }, { path: "steps[0].where" }]);
});

test("an open source may have any field", async () => {
  expect((await resolveText(withSteps([reading("zip")], "records"))).warnings).toEqual([]);
});

test("an open source does not excuse the wrong order", async () => {
  const error = await mistakeOf(withSteps([reading("language"), "detect-language"], "records"));
  expect(firstLine(error.message)).toBe(
    'pipeline.yaml:3:5: step 1 (where) reads the attribute "language", which nothing before it writes: samples have it only if the input does. It is written by step 2 (detect-language), which comes later: move step 1 (where) behind it.',
  );
});

test("an open source whose fields a known operator would write is worth a warning, as is a slip of the pen", async () => {
  const { warnings } = await resolveText(withSteps([reading("language"), reading("paht")], "records"));
  expect(warnings.map(firstLine)).toEqual([
    'pipeline.yaml:3:5: step 1 (where) reads the attribute "language", which nothing before it writes: samples have it only if the input does. It is written by detect-language, which is not in this pipeline: if the input does not have it, add that step before step 1 (where).',
    'pipeline.yaml:4:5: step 2 (where) reads the attribute "paht", which nothing before it writes: samples have it only if the input does. Did you mean "path"? Written before it: path, language.',
  ]);
});

test("what an open source had is gone after a step that keeps only some", async () => {
  const error = await mistakeOf(
    withSteps(["select: { attributes: [zip] }", reading("zip"), reading("zap")], "records"),
  );
  expect(firstLine(error.message)).toBe(
    'pipeline.yaml:5:5: step 3 (where) reads the attribute "zap", which step 1 (select) removes. Keep it there, or move step 3 (where) before it.',
  );
});

test("what a step does without where it is absent is no error", async () => {
  const { warnings } = await resolveText(withSteps([peeking("laplacianVariance")]));
  expect(warnings.map(firstLine)).toEqual([
    'pipeline.yaml:3:5: step 1 (where-if-present) reads the attribute "laplacianVariance", which nothing before it writes. It is written by filter-blur, which is not in this pipeline: add that step before step 1 (where-if-present).',
  ]);
});

test("a step needs parts that something before it produces", async () => {
  const error = await mistakeOf(withSteps(["detect-language"]));
  expect([error.code, firstLine(error.message)]).toEqual([
    "PART_NOT_PRODUCED",
    "pipeline.yaml:3:5: step 1 (detect-language) works on text parts, but the samples that reach it hold image only. Put ocr before it, or remove this step.",
  ]);
  expect(firstLine((await mistakeOf(withSteps(["filter-blur"], "records"))).message)).toBe(
    "pipeline.yaml:3:5: step 1 (filter-blur) works on image parts, but the samples that reach it hold text only. Choose another source, or other options of source (records), or remove this step.",
  );
});

test("behind a step that could not be resolved nothing more is guessed", async () => {
  const error = await mistakeOf(withSteps(["filter-blurr", reading("laplacianVariance"), "detect-language"]));
  expect(error.details.findings).toMatchObject([{ code: "UNKNOWN_COMPONENT" }]);
  expect(error.details.findings).toHaveLength(1);
});
