import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { z } from "zod";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { errorCodes } from "../../src/model/error-codes.ts";
import { resolvePipeline } from "../../src/plan/resolve-pipeline.ts";
import { metricTopics } from "../../src/telemetry/metric-definitions.ts";
import { runCli } from "../e2e/run-cli.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/architecture.md",
  "docs/decisions/0001-first-decisions.md",
  "docs/operations/serve.md",
  "docs/operations/health.md",
  "docs/operations/deploy.md",
  "docs/operations/gpu.md",
  "docs/operations/runbook.md",
  "docs/operations/scale.md",
  "docs/operations/upgrade.md",
  "docs/operations/backup-restore.md",
  "docs/operations/size-a-cluster.md",
  "docs/operations/telemetry.md",
  "docs/operations/troubleshooting.md",
  "docs/storage.md",
  "docs/trust.md",
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

/** What each command takes, by its words, as `pipeline help` says. */
async function flagsOf(command: readonly string[]): Promise<ReadonlySet<string>> {
  const help = await runCli([...command, "--help"], { cwd: fileURLToPath(new URL("../..", import.meta.url)) });
  return new Set(help.code === 0 ? [...help.stdout.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag) : []);
}

test("every command and every flag that the documents show exists", { timeout: 120_000 }, async () => {
  const shown = new Map<string, Set<string>>();
  for (const document of documents) {
    for (const [line, words = "", rest = ""] of read(document).matchAll(
      /(?<=^|`|-- )pipeline ((?:checkpoints|quarantine) [a-z]+|[a-z]+)([^`#\n]*)/gm,
    )) {
      const flags = shown.get(words) ?? new Set();
      for (const [flag] of rest.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)) flags.add(flag);
      if (line.startsWith("pipeline ")) shown.set(words, flags);
    }
  }
  expect(shown.size).toBeGreaterThan(10);
  const missing: string[] = [];
  for (const [words, flags] of shown) {
    const known = await flagsOf(words.split(" "));
    if (known.size === 0) missing.push(`pipeline ${words}`);
    for (const flag of flags) if (!known.has(flag)) missing.push(`pipeline ${words} ${flag}`);
  }
  expect(missing).toEqual([]);
});

test.each(documents)("every error code and every metric that %s names exists", (document) => {
  const text = read(document);
  const metrics = metricTopics.flatMap((topic) => topic.metrics.map(({ name }) => name));
  const named = [...text.matchAll(/\bpipeline_[a-z_]+[a-z]\b/g)].map(([name]) => name);
  expect(
    named.filter((name) => !metrics.includes(name) && !metrics.some((metric) => `${metric}_bucket` === name)),
  ).toEqual([]);
  const codes = [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = ""]) => code);
  const variables =
    /^(?:PIPELINE|AWS|LOG|HEALTH|METRICS|OTEL|OPENLINEAGE|OUTPUT_PATH|CUDA|NVIDIA|NCCL|RAY|BRIDGE|RESUME|TERMINATION|TORCH|WATCH|NO_COLOR|API)/;
  expect(codes.filter((code) => !variables.test(code) && !Object.hasOwn(errorCodes, code))).toEqual([]);
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
