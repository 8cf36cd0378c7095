import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/architecture.md",
  "docs/decisions/0001-first-decisions.md",
  "docs/operations/serve.md",
  "docs/operations/health.md",
];

test("the pipeline file of the README passes every check", async () => {
  const [, text] = /```yaml\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
  const resolved = await resolvePipeline({
    text: text ?? "",
    fileName: "README.md",
    baseFolder: "/base",
    workingFolder: "/base",
    catalog: builtinCatalog,
  });
  expect(resolved.warnings).toEqual([]);
  expect(resolved.plan.stages).toHaveLength(1);
});

test.each(documents)("every npm script that %s names exists", (document) => {
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json")));
  const named = [...read(document).matchAll(/\bnpm (?:run )?(test|(?<=run )[a-z]+)\b/g)].map(([, name]) => name ?? "");
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test.each(documents)("every file that %s links to exists", (document) => {
  const folder = document.includes("/") ? `${document.slice(0, document.lastIndexOf("/"))}/` : "";
  for (const [, target = ""] of read(document).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
    if (target.includes(".")) expect(read(`${folder}${target}`).length, target).toBeGreaterThan(0);
  }
});

test("every source file that architecture.md names exists", () => {
  const named = [...read("docs/architecture.md").matchAll(/`((?:[a-z-]+\/)+[a-z-]+\.ts)`/g)].map(([, file]) => file);
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter((file) => {
    try {
      return read(file?.startsWith("scripts/") === true ? file : `src/${file}`) === "";
    } catch {
      return true; // Reported by the expectation below, with its name.
    }
  });
  expect(missing).toEqual([]);
});
