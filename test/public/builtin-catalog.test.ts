import { expect, test } from "vitest";
import { builtinCatalog, PipelineError, pipelineFileJsonSchema } from "../../src/index.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";

const everything = Object.values(builtinCatalog).flatMap((loaders) =>
  Object.entries<() => Promise<{ name: string }>>(loaders),
);

test.each(everything)("%s is listed under its own name", async (name, load) => {
  expect((await load()).name).toBe(name);
});

const resolve = async (source: string, step: string, sink: string) => {
  const document = { source: { [source]: { path: "in" } }, steps: step === "" ? [] : [step], sink };
  const request = { baseFolder: "/base", catalog: builtinCatalog, writtenBy: "code" } as const;
  return resolvePipeline({ ...request, document }).then(
    () => "plan",
    (error: unknown) => (error instanceof PipelineError ? error.message : error),
  );
};

test.each(Object.keys(builtinCatalog.operators))(
  "the step %s plans over files, or says what it needs",
  async (name) => {
    const outcome = await resolve("files", name, "webdataset");
    expect(outcome).toMatch(/^plan$|^step 1 \(.*\)(, option ".*" is missing|: expected)/);
  },
);

test.each(Object.keys(builtinCatalog.sources))("the source %s plans with a path alone", async (name) => {
  expect(await resolve(name, "", "jsonl")).toBe("plan");
});

test.each(Object.keys(builtinCatalog.sinks))("the sink %s plans without options", async (name) => {
  expect(await resolve("files", "", name)).toBe("plan");
});

test("the JSON Schema for editors knows every component", async () => {
  const text = JSON.stringify(await pipelineFileJsonSchema(builtinCatalog));
  for (const [name] of everything) expect(text).toContain(`"required":["${name}"]`);
});
