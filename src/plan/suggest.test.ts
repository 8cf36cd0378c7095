import { expect, test } from "vitest";
import { suggest } from "./suggest.ts";

const names = ["filter-blur", "filter-exposure", "filter-image-size", "hash-image", "resize-image", "select", "sample"];
const options = ["minLaplacianVariance", "maxLaplacianVariance", "mode", "part", "longestEdgePixels", "path"];

test.each([
  ["filter-blurr", "filter-blur"],
  ["blur-filter", "filter-blur"],
  ["filterBlur", "filter-blur"],
  ["FILTER_BLUR", "filter-blur"],
  ["resize", "resize-image"],
  ["exposure", "filter-exposure"],
  ["sapmle", "sample"],
])("%s was meant to be %s", (given, meant) => {
  expect(suggest(given, names)).toBe(meant);
});

test.each([
  ["min_laplacian_variance", "minLaplacianVariance"],
  ["minVariance", "minLaplacianVariance"],
  ["longestEdge", "longestEdgePixels"],
  ["paht", "path"],
])("the option %s was meant to be %s", (given, meant) => {
  expect(suggest(given, options)).toBe(meant);
});

test.each([["filter"], ["image"], ["x"], ["dedupe-minhash"], [""], ["---"]])("nothing stands out for %j", (given) => {
  expect(suggest(given, names)).toBeUndefined();
});

test("two that are equally near are none", () => {
  expect(suggest("laplacianVariance", options)).toBeUndefined();
});
