import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { OperatorSpec } from "../../src/contract/operator.ts";
import type { Sample } from "../../src/model/sample.ts";
import { batchModule } from "../../src/operators/any/batch-module.ts";
import { mapModule } from "../../src/operators/any/map-module.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/operator-modules/${name}`, import.meta.url));
const context = { seed: 0, signal: new AbortController().signal };
const sample = (title: string): Sample => ({ id: title, parts: [], attributes: { title } });

const markLong = {
  module: fixture("mark-long.ts"),
  reads: ["title"],
  writes: ["dictionary", "isLong"],
  dropReasons: ["blank"],
};

const open = (spec: OperatorSpec, options: unknown) => spec.open(spec.options.parse(options), context);

describe("map-module", () => {
  it("runs a TypeScript operator with its own options", async () => {
    const operator = await mapModule.open(mapModule.options.parse({ ...markLong, options: { minLength: 3 } }), context);
    expect(await operator.apply(sample("abc"))).toMatchObject({
      kind: "keep",
      sample: { attributes: { isLong: true, dictionary: fixture("words.txt") } },
    });
    expect(await operator.apply(sample(""))).toEqual({ kind: "drop", reason: "blank" });
    expect(() => operator.apply({ ...sample("x"), attributes: { title: 3 } })).toThrow("the title is no text");
    await operator.close?.();
  });

  it("takes a file URL for a path", async () => {
    await open(mapModule, { ...markLong, module: pathToFileURL(markLong.module).href });
  });

  it("resolves the module's path and nothing else", () => {
    const options = mapModule.options.parse({ module: "./my.ts", reads: ["a"] });
    expect(mapModule.resolveLocations?.(options, (path) => `/base/${path}`)).toEqual({
      ...options,
      module: "/base/./my.ts",
    });
  });

  it("declares to `check` what the pipeline file says", () => {
    const options = mapModule.options.parse({ ...markLong, removes: "unread", parts: ["text"] });
    expect(mapModule.signature(options)).toMatchObject({ reads: ["title"], removes: "unread", parts: ["text"] });
    expect(mapModule.dropReasons(options)).toEqual(["blank"]);
  });

  it.each<[string, OperatorSpec, object, string, string]>([
    [
      "another kind",
      batchModule,
      markLong,
      "INVALID_OPERATOR",
      "holds a map operator, which batch-module cannot run; use map-module",
    ],
    ["no such file", mapModule, { module: fixture("nowhere.ts") }, "INVALID_OPERATOR", "cannot be loaded"],
    [
      "a module that throws",
      mapModule,
      { module: fixture("breaks.ts") },
      "INVALID_OPERATOR",
      "cannot be loaded: broken at import",
    ],
    ["no default export", mapModule, { module: fixture("no-default.ts") }, "INVALID_OPERATOR", "has no default export"],
    [
      "no operator",
      mapModule,
      { module: fixture("no-operator.ts") },
      "INVALID_OPERATOR",
      "signature: expected a function; ",
    ],
    [
      "a remote module",
      mapModule,
      { module: "https://example.com/x.js" },
      "UNSUPPORTED_SCHEME",
      "expected a local path",
    ],
    [
      "another signature",
      mapModule,
      { ...markLong, writes: ["isLong"], dropReasons: [] },
      "INVALID_OPERATOR",
      "writes: [dictionary, isLong] (the step says [isLong]), dropReasons: [blank] (the step says [])",
    ],
    ["wrong options", mapModule, { ...markLong, options: { minLength: "3" } }, "INVALID_OPTION", "options.minLength"],
  ])("refuses %s", async (_, spec, options, code, message) => {
    await expect(open(spec, options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("refuses what is no outcome", async () => {
    const operator = await mapModule.open(mapModule.options.parse({ module: fixture("odd-outcome.js") }), context);
    expect(() => operator.apply(sample("x"))).toThrowError(expect.objectContaining({ code: "OPERATOR_CONTRACT" }));
  });

  it("shows the user's own file and line when the operator throws", async () => {
    const script = `
      const { mapModule } = await import(${JSON.stringify(new URL("../../src/operators/any/map-module.ts", import.meta.url).href)});
      const options = mapModule.options.parse(${JSON.stringify(markLong)});
      const operator = await mapModule.open(options, { seed: 0, signal: new AbortController().signal });
      try { operator.apply({ id: "x", parts: [], attributes: { title: 3 } }); } catch (error) { console.log(error.stack); }`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
    const lines = (await readFile(markLong.module, "utf8")).split("\n");
    const line = lines.findIndex((text) => text.includes("the title is no text")) + 1;
    expect(stdout).toMatch(new RegExp(`TypeError: the title is no text\\n.*mark-long\\.ts:${line}:\\d+`));
  });
});

describe("batch-module", () => {
  it("runs a batch operator", async () => {
    const options = { module: fixture("rank-titles.ts"), reads: ["title"], writes: ["titleLength"] };
    const operator = await batchModule.open(batchModule.options.parse(options), context);
    expect(await operator.apply([sample("abc"), sample("a")])).toMatchObject([
      { sample: { attributes: { titleLength: 3 } } },
      { sample: { attributes: { titleLength: 1 } } },
    ]);
  });

  it("refuses a map operator's place", async () => {
    await expect(open(mapModule, { module: fixture("rank-titles.ts") })).rejects.toThrow("use batch-module");
  });
});
