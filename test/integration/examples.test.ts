import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { mapModule } from "../../src/operators/any/map-module.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = globSync("examples/**/*.yaml", { cwd: root }).sort();

const resolved = (file: string) =>
  resolvePipeline({
    text: readFileSync(path.join(root, file), "utf8"),
    fileName: file,
    baseFolder: path.dirname(path.join(root, file)),
    workingFolder: root,
    catalog: builtinCatalog,
  });

describe("examples", () => {
  it.each(files)("%s is fine", async (file) => {
    expect((await resolved(file)).warnings).toEqual([]);
  });

  it("runs the operator that the example brings", async ({ skip }) => {
    skip(!existsSync(path.join(root, "dist", "index.js")), "its import of the package needs `npm run build`");
    const { plan } = await resolved("examples/custom-operator/pipeline.yaml");
    const step = plan.stages.flatMap((stage) => stage.steps).find(({ name }) => name === "map-module");
    const operator = await mapModule.open(mapModule.options.parse(step?.options), {
      seed: 0,
      signal: new AbortController().signal,
    });
    const outcomeOf = async (text: string) =>
      operator.apply({
        id: "a",
        parts: [{ kind: "text", name: "text", mediaType: "text/plain", text }],
        attributes: {},
      });
    expect(await outcomeOf("Permission is hereby granted,\nfree of charge, to any person")).toMatchObject({
      sample: { attributes: { licence: "MIT" } },
    });
    expect(await outcomeOf("All rights reserved.")).toEqual({ kind: "drop", reason: "unknown-licence" });
  });
});
