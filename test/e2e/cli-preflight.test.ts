import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { hasSharedImages, sharedImage } from "../fixtures/shared-media.ts";
import { type CliResult, runCli } from "./run-cli.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pipeline-preflight-"));
  await mkdir(path.join(folder, "docs"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder });
const write = (name: string, content: string | Uint8Array) => writeFile(path.join(folder, name), content);
const everything = async () => (await readdir(folder, { recursive: true })).sort();

/** A pipeline file over `./docs` that writes to `./out`, with `steps` and what else is given. */
async function pipelineFile(steps: readonly string[], changes: { readonly [key: string]: string } = {}): Promise<void> {
  const keys = {
    source: "{ files: { path: ./docs } }",
    steps: `\n${steps.map((step) => `  - ${step}\n`).join("") || "  []"}`,
    sink: "webdataset",
    output: "./out",
    ...changes,
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key}: ${value}\n`);
  await write("pipeline.yaml", lines.join(""));
}

/** An operator module that does `open`, which returns what handles one sample. */
const operatorModule = (open: string) => `
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
export default {
  kind: "map",
  name: "made-up",
  summary: "Made for a test.",
  modality: "any",
  options: z.strictObject({}),
  signature: () => ({ reads: [], writes: [], parts: [] }),
  dropReasons: () => [],
  open: async () => { ${open} },
};
`;

const reportSchema = z.object({
  valid: z.boolean(),
  checks: z.array(z.looseObject({ name: z.string(), status: z.string(), figure: z.string() })),
  findings: z.array(
    z.strictObject({
      check: z.string(),
      severity: z.enum(["error", "warning"]),
      code: z.string(),
      where: z.string(),
      message: z.string(),
      expected: z.string().nullable(),
      received: z.string().nullable(),
      remedy: z.string(),
    }),
  ),
});

async function deepCheck(...flags: readonly string[]) {
  const result = await cli("check", "--deep", "pipeline.yaml", "--json", ...flags);
  const report = reportSchema.parse(JSON.parse(result.stdout));
  return { result, report, status: Object.fromEntries(report.checks.map(({ name, status }) => [name, status])) };
}

const allFine = {
  plan: "ok",
  input: "ok",
  steps: "ok",
  samples: "ok",
  output: "ok",
  space: "ok",
  memory: "ok",
};

describe("pipeline check --deep", () => {
  it("looks at everything that a run needs, one line each, and leaves nothing behind", async () => {
    for (let index = 0; index < 5; index++) await write(`docs/${index}.txt`, `The text of document ${index}.`);
    await pipelineFile(["normalize-text", "dedupe-exact", "hash-image"]);
    const before = await everything();
    const result = await cli("check", "--deep", "pipeline.yaml");
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toMatch(/ok +plan +files -> normalize-text -> dedupe-exact -> hash-image -> webdataset/);
    expect(result.stdout).toMatch(/ok +input +5 files, 115 B in 1 split; 5 opened/);
    expect(result.stdout).toMatch(/ok +steps +all 3 steps open/);
    expect(result.stdout).toMatch(/ok +samples +5 looked at: 5 text\/plain; 5 tried: 5 kept, 0 dropped, 0 failed/);
    expect(result.stdout).toMatch(/ok +output +\S+\/out is free; can be written,/);
    expect(result.stdout).toMatch(/ok +space +\S+ \S+ free, about \S+ \S+ needed/);
    expect(result.stdout).toContain("a run can begin");
    expect(await everything()).toEqual(before);
  });

  it("takes the flags of a plan, and says what lies at the output: a run to go on with, another's, something foreign", async () => {
    await write("docs/a.txt", "words");
    await pipelineFile(["normalize-text"]);
    expect((await cli("run", "pipeline.yaml", "--to", "begun", "--quiet")).code).toBe(0);
    const again = await deepCheck("--to", "begun");
    expect(again.status).toEqual(allFine);
    expect(again.report.checks).toContainEqual(expect.objectContaining({ name: "output", state: "published" }));

    const other = await deepCheck("--to", "begun", "--seed", "7");
    expect(other.result.code).toBe(2);
    expect(other.report.findings).toMatchObject([
      { check: "output", severity: "error", code: "PLAN_MISMATCH", where: "flag --to" },
    ]);
    expect(other.report.findings[0]?.message).toContain("seed: was 0, now 7");

    const foreign = await deepCheck("--to", "docs");
    expect(foreign.report.findings).toMatchObject([{ check: "output", code: "OUTPUT_NOT_EMPTY" }]);
  });

  it("reports every finding in one go: input, each step that does not open, output, memory", async () => {
    await write("breaks.mjs", 'throw new Error("broken at import");\n');
    await write("opens.mjs", operatorModule('throw new Error("weights.onnx is missing");'));
    await write("file", "in the way");
    await pipelineFile(
      ["map-module: { module: ./breaks.mjs }", "normalize-text", "map-module: { module: ./opens.mjs }"],
      { source: "{ files: { path: ./nowhere } }", output: "./file/out", run: "{ memoryBudget: 1024TiB }" },
    );
    const { result, report } = await deepCheck();
    expect(result).toMatchObject({ code: 2, stderr: "" });
    expect(report.valid).toBe(false);
    expect(report.findings.map(({ check, code, where }) => [check, code, where])).toEqual([
      ["input", "INPUT_NOT_FOUND", "pipeline.yaml:1"],
      ["steps", "INVALID_OPERATOR", "pipeline.yaml:3 (1-map-module)"],
      ["steps", "OPERATOR_UNAVAILABLE", "pipeline.yaml:5 (3-map-module)"],
      ["output", "OUTPUT_UNWRITABLE", "pipeline.yaml:8"],
      ["memory", "INVALID_OPTION", "pipeline.yaml:9"],
    ]);
    expect(report.findings[1]?.message).toContain("broken at import");
    expect(report.findings[2]?.message).toContain("weights.onnx is missing");
    expect(report.findings[3]).toMatchObject({ expected: "a folder that can be written" });

    const shown = await cli("check", "--deep", "pipeline.yaml");
    expect(shown.code).toBe(2);
    for (const { code, where } of report.findings) expect(shown.stdout).toContain(`${code}  ${where}`);
    expect(shown.stderr).toContain("error PREFLIGHT_FAILED: a run would fail: 4 errors, 1 warning");
  });

  it("tries samples up to the first step that does not open", async () => {
    await write("docs/a.txt", "words");
    await write("opens.mjs", operatorModule('throw new Error("no weights");'));
    await pipelineFile(["normalize-text", "map-module: { module: ./opens.mjs }"]);
    const { report } = await deepCheck();
    const samples = report.checks.find(({ name }) => name === "samples");
    expect(samples).toMatchObject({ status: "ok", tried: 1, kept: 1, triedBefore: "2-map-module" });
  });

  it.skipIf(!hasSharedImages)(
    "names a media type that no decoder reads, and how much of the input has it (skipped without ../shared/media)",
    async () => {
      for (const name of ["relax.jp2", "pitm.avif", "check.svg", "flowers.jpeg", "truncated.jpg"])
        await write(`docs/${name}`, sharedImage(name));
      await pipelineFile(["filter-blur"]);
      const { result, report, status } = await deepCheck();
      // One sample in five: the run goes on and quarantines it, which its user should know before.
      expect(result.code).toBe(0);
      expect(status).toEqual({ ...allFine, samples: "warning" });
      expect(report.findings).toMatchObject([
        { severity: "warning", code: "SAMPLE_UNSUPPORTED", where: "pipeline.yaml:3 (1-filter-blur)" },
      ]);
      expect(report.findings[0]?.message).toMatch(/reads image\/\S+: 1 of 5 samples .*\/docs\/relax\.jp2/);
      expect(report.checks.find(({ name }) => name === "samples")).toMatchObject({ tried: 5, failed: 2 });

      for (const name of ["b", "c", "d", "e", "f"])
        await copyFile(path.join(folder, "docs/relax.jp2"), path.join(folder, `docs/${name}.jp2`));
      const mostly = await deepCheck();
      expect(mostly.result.code).toBe(2);
      expect(mostly.report.findings).toMatchObject([{ severity: "error", code: "SAMPLE_UNSUPPORTED" }]);
      expect(mostly.report.findings[0]?.message).toContain("6 of 10 samples");
    },
  );

  it("names a step through which no sample of a type gets", async () => {
    for (const name of ["a", "b"]) await write(`docs/${name}.txt`, "words");
    await write("throws.mjs", operatorModule('return { apply() { throw new TypeError("no such model"); } };'));
    await pipelineFile(["map-module: { module: ./throws.mjs }"]);
    const { report } = await deepCheck();
    expect(report.findings).toMatchObject([
      { check: "samples", severity: "error", code: "OPERATOR_FAILED", where: "pipeline.yaml:3 (1-map-module)" },
    ]);
    expect(report.findings[0]?.message).toContain("no such model");
  });

  it("says when files hold nothing: an error when all do, a warning when most do", async () => {
    for (const name of ["a", "b", "c"]) await write(`docs/${name}.txt`, "");
    await pipelineFile(["normalize-text"]);
    const all = await deepCheck();
    expect(all.result.code).toBe(2);
    expect(all.report.findings[0]).toMatchObject({
      check: "input",
      severity: "error",
      code: "SAMPLE_EMPTY",
      received: "none of 3 opened",
    });
    await write("docs/d.txt", "words");
    const most = await deepCheck();
    expect(most.status.input).toBe("warning");
  });

  it.skipIf(process.getuid?.() === 0)("says when files may not be read (skipped for root, who may)", async () => {
    await write("docs/a.txt", "words");
    await chmod(path.join(folder, "docs/a.txt"), 0);
    await pipelineFile(["normalize-text"]);
    const { report } = await deepCheck();
    expect(report.findings[0]).toMatchObject({ check: "input", severity: "error", code: "INPUT_UNREADABLE" });
  });

  it("reports the rest when a step ends the worker", async () => {
    await write("docs/a.txt", "words");
    await write("exits.mjs", operatorModule("process.exit(3);"));
    await pipelineFile(["map-module: { module: ./exits.mjs }"]);
    const { result, report, status } = await deepCheck();
    expect(result.code).toBe(2);
    expect(report.findings).toMatchObject([{ check: "steps", severity: "error", code: "WORKER_LOST" }]);
    expect(status).toMatchObject({ output: "ok", memory: "ok" });
  });

  it("still names the steps that do not open when a sample ends the worker", async () => {
    await write("docs/a.txt", "words");
    await write("exits.mjs", operatorModule("return { apply: () => process.exit(3) };"));
    await write("opens.mjs", operatorModule('throw new Error("no weights");'));
    await pipelineFile(["map-module: { module: ./exits.mjs }", "map-module: { module: ./opens.mjs }"]);
    const { report } = await deepCheck();
    expect(report.findings).toMatchObject([
      { check: "steps", code: "OPERATOR_UNAVAILABLE", where: "pipeline.yaml:4 (2-map-module)" },
      { check: "samples", code: "WORKER_LOST" },
    ]);
  });

  it("does not wait for ever for a step that does not open", async () => {
    await write("docs/a.txt", "words");
    await write("hangs.mjs", operatorModule("await new Promise(() => setInterval(() => {}, 60_000));"));
    await pipelineFile(["map-module: { module: ./hangs.mjs }"]);
    const { result, report } = await deepCheck("--sample-timeout", "1s");
    expect(result.code).toBe(0);
    expect(report.findings).toMatchObject([{ check: "steps", severity: "warning", code: "SAMPLE_TIMEOUT" }]);
  });

  it("ends at a signal and leaves nothing behind", async () => {
    await write("docs/a.txt", "words");
    await write("hangs.mjs", operatorModule("await new Promise(() => setInterval(() => {}, 60_000));"));
    await pipelineFile(["map-module: { module: ./hangs.mjs }"]);
    const before = await everything();
    const result = await runCli(["check", "--deep", "pipeline.yaml"], {
      cwd: folder,
      onStart: (child) => {
        child.stdout?.on("data", (text: string) => {
          if (text.includes("input")) child.kill("SIGINT");
        });
      },
    });
    expect(result.code).toBe(130);
    expect(await everything()).toEqual(before);
  });
});

const canMount = process.platform === "linux" && process.getuid?.() === 0 && mountsSomething();

function mountsSomething(): boolean {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Does `work` while `disk` in the test's folder is a file system of that size. */
async function onSmallDisk(kibibytes: number, work: () => Promise<void>): Promise<void> {
  const disk = path.join(folder, "disk");
  await mkdir(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", disk]);
  try {
    await work();
  } finally {
    execFileSync("umount", [disk]);
  }
}

describe.skipIf(!canMount)("on a small disk (skipped where this user may not mount one)", () => {
  beforeEach(async () => {
    // Nothing recognises it, so it goes through as it is: 950 KiB.
    for (let index = 0; index < 10; index++) await write(`docs/${index}.bin`, Buffer.alloc(95 * 1024, 1));
    await pipelineFile([], { output: "./disk/out" });
  });

  it.each([
    [512, "error", 2],
    [1024, "warning", 0],
    [4096, "ok", 0],
  ])("says whether the output fits into %i KiB: %s", async (kibibytes, expected, code) => {
    await onSmallDisk(kibibytes, async () => {
      const { result, report, status } = await deepCheck();
      expect(status.space).toBe(expected);
      expect(result.code).toBe(code);
      const codes = report.findings.map((finding) => finding.code);
      expect(codes).toEqual(expected === "ok" ? [] : ["STORAGE_FULL"]);
    });
  });

  it("counts what stages hand on", async () => {
    await pipelineFile(["dedupe-exact"], { output: "./disk/out" });
    await onSmallDisk(2048, async () => {
      const { report } = await deepCheck();
      const space = z
        .looseObject({ neededBytes: z.number() })
        .parse(report.checks.find(({ name }) => name === "space"));
      expect(space.neededBytes).toBeGreaterThan(950 * 1024);
    });
  });

  it("is warned of when a run begins", async () => {
    await onSmallDisk(512, async () => {
      const result = await cli("run", "pipeline.yaml", "--json");
      expect(eventsOf(result)).toContainEqual(
        expect.objectContaining({ type: "disk-space-short", estimatedBytes: 950 * 1024 }),
      );
    });
  });
});

function eventsOf({ stdout }: CliResult): readonly unknown[] {
  return stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

describe("what pipeline run looks at before it begins", () => {
  it.skipIf(process.platform !== "linux")("names input and output at once when both are wrong", async () => {
    // Nobody, not even root, can make a file there.
    await pipelineFile(["normalize-text"], { source: "{ files: { path: ./nowhere } }", output: "/sys/pipeline-out" });
    const result = await cli("run", "pipeline.yaml");
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("error PREFLIGHT_FAILED: ");
    expect(result.stderr).toContain("INPUT_NOT_FOUND: ");
    expect(result.stderr).toContain('OUTPUT_UNWRITABLE: "/sys" cannot be written: ');
  });

  it.skipIf(process.platform !== "linux")("refuses an output that cannot be written", async () => {
    await write("docs/a.txt", "words");
    await pipelineFile(["normalize-text"], { output: "/sys/pipeline-out" });
    const result = await cli("run", "pipeline.yaml");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("error OUTPUT_UNWRITABLE: ");
  });

  it("makes nothing when the input is not there", async () => {
    await pipelineFile(["normalize-text"], { source: "{ files: { path: ./nowhere } }" });
    const before = await everything();
    expect((await cli("run", "pipeline.yaml")).stderr).toContain("error INPUT_NOT_FOUND: ");
    expect(await everything()).toEqual(before);
  });
});
