import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { expect, onTestFinished, test, vi } from "vitest";
import { imbalances } from "../../src/contract/accounting.ts";
import type { RunEvent, RunSummary } from "../../src/contract/run-event.ts";
import type { RunSettings } from "../../src/contract/run-settings.ts";
import { buildCrashingAddon, type Misbehaviour } from "../fixtures/misbehaviour.ts";
import { picture } from "../fixtures/picture.ts";
import { datasetDigest, runPipeline, temporaryFolder } from "./run-pipeline.ts";

// Each culprit costs the start of a worker or two, and some machines are slow at that.
vi.setConfig({ testTimeout: 90_000 });

const operators = fileURLToPath(new URL("../fixtures/operators/", import.meta.url));

interface Case extends Omit<Misbehaviour, "addon"> {
  readonly source: string;
  /** Steps, in YAML, with the one that misbehaves in place of `MISBEHAVE`. */
  readonly steps: string;
  readonly settings?: Partial<RunSettings>;
}

interface Outcome {
  readonly summary: RunSummary;
  readonly shards: ReadonlyMap<string, string>;
  readonly quarantine: readonly QuarantineLine[];
  readonly events: readonly RunEvent[];
}

interface QuarantineLine {
  readonly id: string;
  readonly step: string;
  readonly failureClass: string;
  readonly error: { readonly code: string; readonly message: string };
}

async function writeNumbers(folder: string, count: number): Promise<string> {
  const input = path.join(folder, "numbers");
  await mkdir(input);
  const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ text: `number ${n}`, n }));
  await writeFile(path.join(input, "numbers.jsonl"), lines.join("\n"));
  return `jsonl: { path: ${JSON.stringify(input)}, splitBytes: 2KiB }`;
}

async function writePictures(folder: string, count: number): Promise<string> {
  const input = path.join(folder, "pictures");
  await mkdir(input);
  for (let index = 0; index < count; index++) {
    const { data, width, height } = picture(40 + index, 50);
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    await writeFile(path.join(input, `${String(index).padStart(2, "0")}.png`), bytes);
  }
  return `files: { path: ${JSON.stringify(input)} }`;
}

async function runCase(output: string, given: Case, addon = ""): Promise<Outcome> {
  const { source, steps, settings, culprits, way } = given;
  const module = (name: string) => JSON.stringify(path.join(operators, name));
  const options = JSON.stringify({ culprits, way, addon });
  const text = `
source: { ${source} }
steps:
${steps
  .replace(
    "BATCH-MISBEHAVE",
    `batch-module: { module: ${module("batch-misbehave.ts")}, options: ${options}, readsIfPresent: [n] }`,
  )
  .replace("MISBEHAVE", `map-module: { module: ${module("misbehave.ts")}, options: ${options}, readsIfPresent: [n] }`)
  .replace("SPLIT", `map-module: { module: ${module("split-in-three.ts")}, reads: [n], writes: [n] }`)}
sink: { ${source.startsWith("files") ? "webdataset" : "jsonl"}: {} }
`;
  const events: RunEvent[] = [];
  const summary = await runPipeline(text, output, {
    settings: { sampleTimeoutSeconds: 1, ...settings },
    onEvent: (event) => events.push(event),
  });
  const digest = await datasetDigest(output);
  const quarantine: QuarantineLine[] = [];
  for (const name of digest.keys()) {
    if (!name.startsWith("_quarantine/")) continue;
    const lines = await readFile(path.join(output, name), "utf8");
    for (const line of lines.trim().split("\n")) quarantine.push(JSON.parse(line));
  }
  return { summary, events, quarantine, shards: new Map([...digest].filter(([name]) => name.startsWith("shard-"))) };
}

/** What a run must be like whose culprits end their workers, given one whose culprits throw. */
function expectOnlyTheCulpritsAreLost(actual: Outcome, undisturbed: Outcome, code: string, failureClass: string): void {
  expect(actual.summary).toMatchObject({ outcome: "succeeded", failedTasks: [] });
  expect(actual.shards).toEqual(undisturbed.shards);
  const where = ({ id, step }: QuarantineLine) => ({ id, step });
  expect(actual.quarantine.map(where)).toEqual(undisturbed.quarantine.map(where));
  for (const line of actual.quarantine) expect(line).toMatchObject({ failureClass, error: { code } });
  const renamed = JSON.stringify(undisturbed.summary.accounting).replaceAll("OPERATOR_FAILED", code);
  expect(actual.summary.accounting).toEqual(JSON.parse(renamed));
  expect(imbalances([actual.summary.accounting])).toEqual([]);
}

test("samples that crash in native code cost themselves: several in a split, neighbours, the first and the last", async (context) => {
  const folder = await temporaryFolder();
  const addon = buildCrashingAddon(folder);
  if (addon === undefined) return context.skip("no C compiler here");
  const given = {
    source: await writeNumbers(folder, 200),
    steps: "  - filter: { where: 'n != 50' }\n  - MISBEHAVE\n  - filter: { where: 'n != 60' }",
    culprits: ["0", "70", "71", "199"],
  };
  const undisturbed = await runCase(path.join(folder, "throws"), { ...given, way: "throw" });
  expect(undisturbed.summary.accounting.written).toBe(194);
  const crashed: Outcome[] = [];
  for (const workers of [1, 2]) {
    const output = path.join(folder, `crashes-${workers}`);
    const outcome = await runCase(output, { ...given, way: "segfault", settings: { workers } }, addon);
    expectOnlyTheCulpritsAreLost(outcome, undisturbed, "SAMPLE_CRASHED", "operator-bug");
    crashed.push(outcome);
  }
  expect(crashed[0]?.quarantine).toEqual(crashed[1]?.quarantine);
  expect(crashed[0]?.quarantine[0]?.error.message).toBe(
    "step 2-map-module did not return, and its worker is lost: it was ended by SIGSEGV",
  );
  const condemned = crashed[0]?.events.filter((event) => event.type === "sample-condemned") ?? [];
  expect(condemned.map(({ sample }) => sample.step)).toEqual(Array.from(given.culprits, () => "2-map-module"));
});

for (const [way, code, failureClass] of [
  ["spin", "SAMPLE_TIMEOUT", "timeout"],
  ["hang", "SAMPLE_TIMEOUT", "timeout"],
  ["exit", "SAMPLE_CRASHED", "operator-bug"],
] as const) {
  // Crashes in map steps have a test of their own.
  for (const step of way === "exit" ? ["BATCH-MISBEHAVE"] : ["MISBEHAVE", "BATCH-MISBEHAVE"]) {
    test(`a sample that makes its step ${way} costs itself: ${step === "MISBEHAVE" ? "map" : "batch"}`, async () => {
      const folder = await temporaryFolder();
      const given = {
        source: await writeNumbers(folder, 100),
        steps: `  - filter: { where: 'n != 50' }\n  - ${step}`,
        culprits: ["20"],
        settings: { batchSize: 16 },
      };
      const undisturbed = await runCase(path.join(folder, "throws"), { ...given, way: "throw" });
      const outcome = await runCase(path.join(folder, way), { ...given, way });
      expectOnlyTheCulpritsAreLost(outcome, undisturbed, code, failureClass);
    });
  }
}

test("a sample that fills the JavaScript heap costs itself", async () => {
  const folder = await temporaryFolder();
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = "--max-old-space-size=64";
  onTestFinished(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });
  const given = {
    source: await writeNumbers(folder, 100),
    steps: "  - MISBEHAVE",
    culprits: ["20"],
    settings: { sampleTimeoutSeconds: 60 },
  };
  const undisturbed = await runCase(path.join(folder, "throws"), { ...given, way: "throw" });
  const outcome = await runCase(path.join(folder, "grows"), { ...given, way: "grow" });
  expectOnlyTheCulpritsAreLost(outcome, undisturbed, "SAMPLE_OUT_OF_MEMORY", "memory");
});

for (const step of ["MISBEHAVE", "BATCH-MISBEHAVE"]) {
  test(`of the children of a sample, only those that end the worker are lost: ${step === "MISBEHAVE" ? "map" : "batch"}`, async () => {
    const folder = await temporaryFolder();
    const given = {
      source: await writeNumbers(folder, 60),
      steps: `  - SPLIT\n  - ${step}\n  - filter: { where: 'n != 301' }`,
      culprits: ["201", "202"],
    };
    const undisturbed = await runCase(path.join(folder, "throws"), { ...given, way: "throw" });
    expect(undisturbed.quarantine).toHaveLength(2);
    const outcome = await runCase(path.join(folder, "exits"), { ...given, way: "exit" });
    expectOnlyTheCulpritsAreLost(outcome, undisturbed, "SAMPLE_CRASHED", "operator-bug");
  });
}

for (const way of ["exit", "hang"] as const) {
  test(`an image among several in flight costs itself when its step makes the worker ${way}`, async () => {
    const folder = await temporaryFolder();
    const given = {
      source: await writePictures(folder, 24),
      steps: "  - resize-image: { sizePixels: 32 }\n  - MISBEHAVE\n  - filter-exposure: {}",
      culprits: ["07", "08"],
    };
    const undisturbed = await runCase(path.join(folder, "throws"), { ...given, way: "throw" });
    expect(undisturbed.summary.accounting.steps["2-map-module"]).toMatchObject({ in: 24, kept: 22 });
    const outcome = await runCase(path.join(folder, way), { ...given, way });
    const code = way === "exit" ? "SAMPLE_CRASHED" : "SAMPLE_TIMEOUT";
    expectOnlyTheCulpritsAreLost(outcome, undisturbed, code, way === "exit" ? "operator-bug" : "timeout");
  });
}

test("a sample that ends its worker in a later stage costs itself", async () => {
  const folder = await temporaryFolder();
  const given = {
    source: await writeNumbers(folder, 100),
    steps: "  - dedupe-exact\n  - MISBEHAVE",
    culprits: ["20", "90"],
  };
  const undisturbed = await runCase(path.join(folder, "throws"), { ...given, way: "throw" });
  const outcome = await runCase(path.join(folder, "exits"), { ...given, way: "exit" });
  expectOnlyTheCulpritsAreLost(outcome, undisturbed, "SAMPLE_CRASHED", "operator-bug");
});

test("a run in which every sample ends its worker stops long before it has tried them all", async () => {
  const folder = await temporaryFolder();
  const given: Case = {
    source: await writeNumbers(folder, 2000),
    steps: "  - MISBEHAVE",
    culprits: Array.from({ length: 2000 }, (_, n) => String(n)),
    way: "exit",
    settings: { maxFailureRatio: 0.5 },
  };
  const { summary, events } = await runCase(path.join(folder, "out"), given);
  expect(summary).toMatchObject({ outcome: "failed", error: { code: "FAILURES_ABOVE_LIMIT" } });
  expect(events.filter((event) => event.type === "worker-lost").length).toBeLessThan(40);
});
