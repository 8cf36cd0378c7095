import { expect, test } from "vitest";
import { resolveText, withSteps } from "../../test/fixtures/resolve-text.ts";
import { differingKeys } from "./differing-keys.ts";

const planOf = async (text: string, streaming = true) => (await resolveText(text, { flags: { streaming } })).plan;
const base = withSteps(["filter-blur", "ocr"]);

test("equal plans have no differing key", async () => {
  expect(differingKeys(await planOf(base), await planOf(base.replace("- ocr", "- ocr: {}")))).toEqual([]);
});

test.each([
  [
    "an option",
    base.replace("filter-blur", "filter-blur: { minLaplacianVariance: 7 }"),
    [["steps[0].filter-blur.minLaplacianVariance", 100, 7]],
  ],
  [
    "an option more",
    base.replace("filter-blur", "filter-blur: { part: photo }"),
    [["steps[0].filter-blur.part", null, "photo"]],
  ],
  [
    "a step more",
    base.replace("- ocr", "- ocr\n  - embed"),
    [["steps", ["filter-blur", "ocr"], ["filter-blur", "ocr", "embed"]]],
  ],
  ["another order", withSteps(["ocr", "filter-blur"]), [["steps", ["filter-blur", "ocr"], ["ocr", "filter-blur"]]]],
  ["another path", base.replace("path: p", "path: q"), [["source.photos.path", "/base/p", "/base/q"]]],
  ["a seed", `${base}seed: 9\n`, [["seed", 0, 9]]],
  ["a list", base, []],
])("%s is told in the words of the file", async (_, text, expected) => {
  const found = differingKeys(await planOf(base), await planOf(text));
  expect(found.map(({ path, before, after }) => [path, before, after])).toEqual(expected);
});

test("streaming and another source are told as what they are", async () => {
  const before = await planOf(withSteps(["ocr"]));
  const after = await planOf(
    "source: { records: { path: p } }\nsteps: [{ select: { attributes: [] } }]\nsink: shards\n",
    false,
  );
  expect(differingKeys(before, after)).toEqual([
    {
      path: "source",
      before: { photos: { path: "/base/p", sidecarAttributes: false, splitBytes: 1024 } },
      after: { records: { path: "/base/p" } },
    },
    { path: "steps", before: ["ocr"], after: ["select"] },
    { path: "run.streaming", before: true, after: false },
  ]);
});
