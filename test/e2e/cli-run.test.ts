import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cliEntry, runCli } from "./run-cli.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pipeline-run-"));
  await mkdir(path.join(folder, "docs"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder });

async function write(name: string, text: string): Promise<void> {
  await writeFile(path.join(folder, name), text);
}

async function pipelineOver(input: string, rest = ""): Promise<string> {
  await write(
    "pipeline.yaml",
    `source: { jsonl: { path: ${input} } }\nsteps: [normalize-text]\nsink: jsonl\noutput: ./out\n${rest}`,
  );
  return "pipeline.yaml";
}

const records = (count: number) =>
  Array.from({ length: count }, (_, index) => `${JSON.stringify({ text: `document ${index}` })}\n`).join("");

describe("pipeline run", () => {
  it("does the job, says where samples went, and has nothing left to do the second time", async () => {
    await write("docs/a.jsonl", `${records(3)}not json\n`);
    const file = await pipelineOver("./docs", "run: { workers: 1, maxFailureRatio: 0.5 }\n");
    const first = await cli("run", file);
    expect(first.stderr).not.toContain("error");
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/read +3 .*1 failed: RECORD_INVALID/);
    expect(first.stdout).toMatch(/written +3 /);
    expect(first.stdout).toMatch(/quarantine +\S+_quarantine/);
    expect(await readdir(path.join(folder, "out"))).toContain("_SUCCESS");
    const second = await cli("run", file);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain("nothing was left to do");
  });

  it("gives machines one JSON event a line, the summary last", async () => {
    await write("docs/a.jsonl", records(5));
    const result = await cli("run", await pipelineOver("./docs"), "--json");
    expect(result).toMatchObject({ code: 0, stderr: "" });
    const events: unknown[] = result.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events[0]).toHaveProperty("time");
    expect(events.at(-1)).toMatchObject({
      type: "run-finished",
      summary: { outcome: "succeeded", accounting: { read: 5, written: 5 } },
    });
  });

  it("writes a log of JSON lines with --log-json, as much as LOG_LEVEL says, without what the environment keeps secret", async () => {
    await write("docs/a.jsonl", records(5));
    await write(
      "loud.mjs",
      slowOperator.replace("await new Promise", 'console.log("wJalrXUtnFEMI7MDENG"); await new Promise'),
    );
    await write(
      "pipeline.yaml",
      "source: { jsonl: { path: ./docs } }\nsteps:\n  - map-module: { module: ./loud.mjs }\nsink: jsonl\noutput: ./out\n",
    );
    const environment = { LOG_LEVEL: "DEBUG", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI7MDENG" };
    const result = await runCli(["run", "pipeline.yaml", "--log-json"], { cwd: folder, environment });
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).not.toContain("wJalrXUtnFEMI7MDENG");
    const lines = result.stdout.trim().split("\n");
    const logged = lines.map((line): Record<string, unknown> => JSON.parse(line));
    const events = logged.map((record) => record.event);
    expect(events).toEqual(
      expect.arrayContaining(["run-started", "task-finished", "worker-output", "checkpoint-written"]),
    );
    if (process.platform === "linux") expect(events).toContain("worker-memory");
    const finished = logged.find((record) => record.event === "task-finished");
    expect(finished).toMatchObject({
      level: "debug",
      run: expect.any(String),
      stage: 0,
      split: 0,
      counts: { read: 5 },
    });

    const refused = await runCli(["run", "nowhere", "--log-json"], { cwd: folder, environment: { LOG_LEVEL: "warn" } });
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({ level: "error", code: "USAGE" });
    const misled = await runCli(["run", "pipeline.yaml", "--log-json"], {
      cwd: folder,
      environment: { LOG_LEVEL: "loud" },
    });
    expect(misled).toMatchObject({ code: 2, stderr: expect.stringContaining("LOG_LEVEL: expected one of trace") });
  });

  it("prints errors only with --quiet", async () => {
    await write("docs/a.jsonl", records(2));
    expect(await cli("run", await pipelineOver("./docs"), "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("chooses steps for raw data, says which, and drops nothing silently", async () => {
    const prose =
      "The lighthouse keeper walked along the shore that evening, and he thought of the ships that had passed. ".repeat(
        12,
      );
    for (const name of ["one", "two"]) await write(`docs/${name}.txt`, `${name} ${prose}`);
    const result = await cli("run", "docs", "--to", "out");
    expect(result.stderr).toContain("looked at 2 samples of docs: 2 of text");
    expect(result.stderr).toMatch(/step +filter-gopher-quality/);
    expect(result.stderr).toContain("pipeline init docs");
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/read +2 /);
  });

  it.each([
    ["a missing path", "./nowhere", "INPUT_NOT_FOUND", 2],
    ["a folder without a match", "./docs", "INPUT_EMPTY", 1],
  ])("says so for %s", async (_, input, code, exitCode) => {
    const result = await cli("run", await pipelineOver(input));
    expect(result.stderr).toContain(`error ${code}: `);
    expect(result.code).toBe(exitCode);
  });

  it("refuses an output folder that belongs to another plan, and names what differs", async () => {
    await write("docs/a.jsonl", records(2));
    const file = await pipelineOver("./docs");
    expect((await cli("run", file)).code).toBe(0);
    const other = await cli("run", file, "--seed", "7");
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("error PLAN_MISMATCH: ");
    expect(other.stderr).toContain("seed");
  });

  it("exits 1 when more samples fail than allowed", async () => {
    await write("docs/a.jsonl", `${records(1)}not json\nnor this\n`);
    const result = await cli("run", await pipelineOver("./docs"));
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("error FAILURES_ABOVE_LIMIT: ");
    expect(result.stdout).toContain("resume");
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "drains at %s, exits with its code, and resumes to the whole output",
    async (signal) => {
      for (let part = 0; part < 8; part++) await write(`docs/${part}.jsonl`, records(400));
      await write("slow.mjs", slowOperator);
      const steps = "steps:\n  - map-module: { module: ./slow.mjs }\n";
      await write(
        "pipeline.yaml",
        `source: { jsonl: { path: ./docs } }\n${steps}sink: jsonl\noutput: ./out\nrun: { workers: 2 }\n`,
      );
      const interrupted = await runCli(["run", "pipeline.yaml", "--json"], {
        cwd: folder,
        onStart: (child) => {
          child.stdout?.on("data", function listen(text: string) {
            if (!String(text).includes("task-finished")) return;
            child.stdout?.off("data", listen);
            child.kill(signal);
          });
        },
      });
      expect(interrupted.code).toBe(signal === "SIGINT" ? 130 : 143);
      const resumed = await cli("run", "pipeline.yaml", "--json");
      expect(resumed.code).toBe(0);
      const last: unknown = JSON.parse(resumed.stdout.trim().split("\n").at(-1) ?? "");
      expect(last).toMatchObject({ summary: { accounting: { read: 3200, written: 3200 } } });
    },
    60_000,
  );

  it.each(["task-started", "stage-started"])(
    "stops at once at the second signal, after %s",
    async (moment) => {
      for (const name of ["a", "b"]) await write(`docs/${name}.jsonl`, records(100));
      await write("slow.mjs", slowOperator.replace("resolve, 1)", "resolve, 60_000)"));
      await write(
        "pipeline.yaml",
        "source: { jsonl: { path: ./docs } }\nsteps:\n  - map-module: { module: ./slow.mjs }\nsink: jsonl\noutput: ./out\nrun: { workers: 2 }\n",
      );
      let seen = "";
      const result = await runCli(["run", "pipeline.yaml", "--json"], {
        cwd: folder,
        onStart: (child) => {
          child.stdout?.on("data", (text: string) => {
            const before = seen;
            seen += text;
            for (const event of [`"type":"${moment}"`, '"type":"drain-started"']) {
              if (seen.includes(event) && !before.includes(event)) child.kill("SIGINT");
            }
          });
        },
      });
      expect(result.code).toBe(130);
      expect(await readdir(path.join(folder, "out"))).not.toContain("_SUCCESS");
    },
    30_000,
  );

  it("tells machines of errors in the stream of events too", async () => {
    const result = await cli("run", await pipelineOver("./nowhere"), "--json");
    expect(result.code).toBe(2);
    const last: unknown = JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ type: "error", error: { code: "INPUT_NOT_FOUND" } });
  });

  it("finishes the job when nobody reads its output any more", async () => {
    await write("docs/a.jsonl", records(50));
    const file = await pipelineOver("./docs");
    const child = spawn(process.execPath, [cliEntry, "run", file, "--json"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += String(text);
    });
    child.stdout.destroy();
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await readdir(path.join(folder, "out"))).toContain("_SUCCESS");
  });
});

/** Takes a while over each sample, so that a signal finds work under way. */
const slowOperator = `
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
export default {
  kind: "map",
  name: "slow",
  summary: "Takes its time.",
  modality: "any",
  options: z.strictObject({}),
  signature: () => ({ reads: [], writes: [], parts: [] }),
  dropReasons: () => [],
  open: async () => ({
    apply: async (sample) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { kind: "keep", sample };
    },
  }),
};
`;

describe("pipeline init", () => {
  it("writes a commented file that checks, and never overwrites one", async () => {
    await write("docs/a.jsonl", records(3));
    const made = await cli("init", "docs");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const text = await readFile(path.join(folder, "pipeline.yaml"), "utf8");
    expect(text).toContain("jsonl: { path: ./docs, textField: text }");
    expect(text).toContain("# drops what is no prose: lists, tables, fragments");
    expect((await cli("check", "pipeline.yaml")).code).toBe(0);
    const again = await cli("init", "docs");
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("error FILE_EXISTS: ");
    expect(await readFile(path.join(folder, "pipeline.yaml"), "utf8")).toBe(text);
  });

  it("finds out which field of records is the text", async () => {
    const record = { title: "Tides", article: "The tide comes in twice a day, and nobody can stop it.", year: 1999 };
    await write("docs/a.jsonl", `${JSON.stringify(record)}\n`);
    const made = await cli("init", "docs");
    expect(made.stdout).toContain("looked at 1 sample of docs: 1 of text");
    expect(await readFile(path.join(folder, "pipeline.yaml"), "utf8")).toContain("textField: article");
  });

  it("leaves the pipeline file and the output out of an input that holds them", async () => {
    await write("docs/a.txt", "words");
    expect((await runCli(["init"], { cwd: path.join(folder, "docs") })).code).toBe(0);
    const text = await readFile(path.join(folder, "docs/pipeline.yaml"), "utf8");
    expect(text).toContain("pipeline.yaml");
    const run = await runCli(["run", "pipeline.yaml", "--json"], { cwd: path.join(folder, "docs") });
    expect(run.stdout).toMatch(/"type":"input-listed","splits":1,"bytes":5,/);
  });
});

describe("pipeline plan", () => {
  it("lists splits and stages, and with --probe cost and yield", async () => {
    await write("docs/a.jsonl", `${records(20)}not json\n`);
    const file = await pipelineOver("./docs");
    const listed = await cli("plan", file);
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    expect(listed.stdout).toMatch(/input {2}1 file, .* in 1 split/);
    expect(listed.stdout).toContain("stage 0  jsonl -> normalize-text -> jsonl");
    const probed = await cli("plan", file, "--probe", "50", "--json");
    const parsed: unknown = JSON.parse(probed.stdout);
    expect(parsed).toMatchObject({
      input: { splits: 1, files: 1 },
      probe: { accounting: { read: 21, written: 20, unreadable: { RECORD_INVALID: 1 } } },
      estimate: { samplesWritten: expect.any(Number) },
    });
    expect(await readdir(folder)).not.toContain("out");
  });
});
