import { expect, test } from "vitest";
import { mistakeOf, withSteps } from "../../test/fixtures/resolve-text.ts";

const firstLine = (text: string): string => text.split("\n")[0] ?? "";

test.each([
  ["filter-blurr", "UNKNOWN_COMPONENT", '5: no operator is named "filter-blurr". Did you mean "filter-blur"?'],
  ["quantum-leap", "UNKNOWN_COMPONENT", '5: no operator is named "quantum-leap". `pipeline operators` lists them.'],
  ["photos", "UNKNOWN_COMPONENT", '5: no operator is named "photos". It is a source.'],
  ["toString", "UNKNOWN_COMPONENT", '5: no operator is named "toString". `pipeline operators` lists them.'],
  [
    "filter-blur: { minVariance: 3 }",
    "UNKNOWN_KEY",
    '20: step 1 (filter-blur) has no option "minVariance". Did you mean "minLaplacianVariance"?',
  ],
  [
    "filter-blur: { color: 3 }",
    "UNKNOWN_KEY",
    '20: step 1 (filter-blur) has no option "color". It has: minLaplacianVariance, mode, part.',
  ],
  ["ocr: { color: 3 }", "UNKNOWN_KEY", '12: step 1 (ocr) has no option "color". step 1 (ocr) takes no options.'],
  [
    "resize-image: { longestEdgePixels: 9, border: { colour: red } }",
    "UNKNOWN_KEY",
    '53: step 1 (resize-image), option "border" has no key "colour". Did you mean "color"?',
  ],
  [
    "filter-blur: { minLaplacianVariance: high }",
    "INVALID_OPTION",
    '42: step 1 (filter-blur), option "minLaplacianVariance": expected a number, received "high".',
  ],
  [
    "filter-blur: { minLaplacianVariance: -1 }",
    "INVALID_OPTION",
    '42: step 1 (filter-blur), option "minLaplacianVariance": expected a number of at least 0, received -1.',
  ],
  [
    "filter-blur: { mode: scores }",
    "INVALID_OPTION",
    '26: step 1 (filter-blur), option "mode": expected "filter" or "score", received "scores". Did you mean "score"?',
  ],
  [
    'filter-blur: { part: "" }',
    "INVALID_OPTION",
    '26: step 1 (filter-blur), option "part": expected a string that is not empty, received "".',
  ],
  [
    "resize-image",
    "INVALID_OPTION",
    '5: step 1 (resize-image), option "longestEdgePixels" is missing: expected a whole number. Longest edge.',
  ],
  [
    "resize-image: { longestEdgePixels: 1.5 }",
    "INVALID_OPTION",
    '40: step 1 (resize-image), option "longestEdgePixels": expected a whole number, received 1.5.',
  ],
  [
    "resize-image: { longestEdgePixels: 9, border: { sides: [top, [left]] } }",
    "INVALID_OPTION",
    '66: step 1 (resize-image), option "border.sides[1]": expected "top" or "left", received ["left"].',
  ],
  [
    "select: { attributes: path }",
    "INVALID_OPTION",
    '27: step 1 (select), option "attributes": expected a list, received "path".',
  ],
  [
    "select: path",
    "INVALID_OPTION",
    '13: step 1: the options of "select" are a mapping such as `select: { option: value }`, received "path".',
  ],
  [
    "17",
    "INVALID_OPTION",
    "5: step 1: expected a name such as `hash-image`, or one name with its options such as `hash-image: { option: value }`, received 17.",
  ],
  [
    "{}",
    "INVALID_OPTION",
    "5: step 1: expected a name such as `hash-image`, or one name with its options such as `hash-image: { option: value }`, received an empty mapping.",
  ],
  [
    "filter-blur:\n    mode: score",
    "INVALID_OPTION",
    '5: step 1: expected one name with its options, received 2 keys (filter-blur, mode). Indent the options of "filter-blur" deeper than its name.',
  ],
  [
    "{ filter-blur: {}, ocr: {} }",
    "INVALID_OPTION",
    '5: step 1: expected one name with its options, received 2 keys (filter-blur, ocr). Begin every step with its own "- ".',
  ],
  ["broken-expression", "INVALID_EXPRESSION", '5: step 1 (broken-expression): expected a value at 3 in "a =="'],
  [
    "unstable",
    "INVALID_OPERATOR",
    "5: step 1 (unstable): parsing its parsed options once more changes or refuses them; a schema must accept what it gives.",
  ],
])("the step %j is %s", async (step, code, message) => {
  const error = await mistakeOf(withSteps([step]));
  expect([error.code, firstLine(error.message)]).toEqual([code, `pipeline.yaml:3:${message}`]);
});

test.each([
  ["", "INVALID_OPTION", "pipeline.yaml is empty: expected `source:`, `steps:` and `sink:`."],
  ["- a", "INVALID_OPTION", 'pipeline.yaml:1:1: the pipeline file: expected a mapping, received ["a"].'],
  [
    "sink: shards",
    "INVALID_OPTION",
    "pipeline.yaml has no source. Add one, for example `source: { files: { path: ./photos } }`.",
  ],
  [
    "source: { photos: { path: p } }\nsink:",
    "INVALID_OPTION",
    "pipeline.yaml has no sink. Add one, for example `sink: webdataset`.",
  ],
  [
    "source: { photo: { path: p } }\nsink: shards",
    "UNKNOWN_COMPONENT",
    'pipeline.yaml:1:11: no source is named "photo". Did you mean "photos"?',
  ],
  [
    "source: { photos: { path: p } }\nsink: tar",
    "UNKNOWN_COMPONENT",
    'pipeline.yaml:2:7: no sink is named "tar". There are: shards.',
  ],
  [
    "source: { photos: { path: p } }\nsink: shards\nstep: []",
    "UNKNOWN_KEY",
    'pipeline.yaml:3:1: a pipeline file has no key "step". Did you mean "steps"?',
  ],
  [
    "source: { photos: { path: p } }\nsteps: { filter-blur: {} }\nsink: shards",
    "INVALID_OPTION",
    'pipeline.yaml:2:8: "steps": expected a list, received {"filter-blur":{}}.',
  ],
  [
    "source: { photos: { path: p } }\nsink: shards\nrun: { worker: 2 }",
    "UNKNOWN_KEY",
    'pipeline.yaml:3:8: "run" has no key "worker". Did you mean "workers"?',
  ],
  [
    "source: { photos: { path: p } }\nsink: shards\nrun: { memoryBudget: 12 }",
    "INVALID_OPTION",
    'pipeline.yaml:3:22: "run.memoryBudget": expected "auto" or a size of at least 1MiB such as "512MiB", received 12.',
  ],
  [
    "source: { photos: { path: p } }\nsink: shards\nseed: -1",
    "INVALID_OPTION",
    'pipeline.yaml:3:7: "seed": expected a number of at least 0, received -1.',
  ],
  [
    "source: { photos: { path: p, splitBytes: big } }\nsink: shards",
    "INVALID_OPTION",
    'pipeline.yaml:1:42: source (photos), option "splitBytes": expected a number of bytes or a size such as "256MiB" (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB), received "big".',
  ],
])("the file %j is %s", async (text, code, message) => {
  const error = await mistakeOf(text);
  expect([error.code, firstLine(error.message)]).toEqual([code, message]);
});

test("a wrong flag or variable is named as it was given", async () => {
  const flag = await mistakeOf(withSteps([]), { flags: { workers: "many" } });
  expect(flag.message).toBe(
    '--workers: expected "auto", a whole number of at least 1, or a range such as "2-32", received "many".',
  );
  const variable = await mistakeOf(withSteps([]), { environment: { PIPELINE_MEMORY_BUDGET: "lots" } });
  expect(variable.message).toBe(
    'PIPELINE_MEMORY_BUDGET: expected "auto" or a size of at least 1MiB such as "512MiB", received "lots".',
  );
});

test("all mistakes are told at once, in the order of the file, each with its line", async () => {
  const error = await mistakeOf(
    "source:\n  photos: { path: 3 }\nsteps:\n  - where: { attributes: [zip] }\n  - filter-blurr\nsink: shards\nrun: { workers: 0 }\n",
  );
  expect(error.message).toBe(
    [
      "3 mistakes in pipeline.yaml",
      "",
      'pipeline.yaml:2:19: source (photos), option "path": expected a string, received 3.',
      "  2 |   photos: { path: 3 }",
      "    |                   ^",
      "",
      'pipeline.yaml:5:5: no operator is named "filter-blurr". Did you mean "filter-blur"?',
      "  5 |   - filter-blurr",
      "    |     ^",
      "",
      'pipeline.yaml:7:17: "run.workers": expected "auto", a whole number of at least 1, or a range such as "2-32", received 0.',
      "  7 | run: { workers: 0 }",
      "    |                 ^",
    ].join("\n"),
  );
  expect(error.details.findings).toMatchObject([
    {
      code: "INVALID_OPTION",
      path: "source.photos.path",
      line: 2,
      column: 19,
      expected: "expected a string",
      received: "3",
    },
    { code: "UNKNOWN_COMPONENT", path: "steps[1].filter-blurr", line: 5, suggestion: "filter-blur" },
    { code: "INVALID_OPTION", path: "run.workers", line: 7, received: "0" },
  ]);
});
