import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gpuFindingCodes } from "./finding.ts";

test("the operations page says of every code what fixes it", () => {
  const page = readFileSync(new URL("../../docs/operations/gpu.md", import.meta.url), "utf8");
  expect(gpuFindingCodes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
