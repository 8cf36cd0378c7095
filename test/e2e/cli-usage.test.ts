import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pipeline-cli-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder });

async function file(name: string, text: string): Promise<string> {
  await writeFile(path.join(folder, name), text);
  return name;
}

const valid = "source: { jsonl: { path: ./none } }\nsteps: [normalize-text]\nsink: jsonl\noutput: ./out\n";

describe("the command line", () => {
  it("prints its version and its help", async () => {
    const manifest: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    const version = await cli("--version");
    expect(version).toMatchObject({ code: 0, stderr: "" });
    expect(manifest).toMatchObject({ version: version.stdout.trim() });
    const help = await cli("help", "run");
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("--memory-budget");
  });

  it.each([
    [["frobnicate"], "unknown command 'frobnicate'"],
    [["chekc", "x.yaml"], "Did you mean check?"],
    [["run", "x.yaml", "--wrokers", "2"], "Did you mean --workers?"],
    [["run"], "missing required argument 'input'"],
    [["plan", "x.yaml", "--probe", "many"], "expected a whole number above 0"],
  ])("refuses %j with exit code 2", async (args, message) => {
    const result = await cli(...args);
    expect(result.code).toBe(2);
    expect(result.stdout).toBe("");
    expect(result.stderr).toMatch(/^error USAGE: /);
    expect(result.stderr).toContain(message);
  });

  it("asks for --to when raw data is run without it", async () => {
    const result = await cli("run", ".");
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain('error USAGE: where shall the output of "." go?');
    expect(result.stderr).toContain("pipeline run . --to ./out");
  });

  it("names a pipeline file that is not there, without a stack", async () => {
    const result = await cli("run", "nowhere.yaml");
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain('error FILE_UNREADABLE: cannot read "nowhere.yaml": there is no such file');
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it("prints the stack with LOG_LEVEL=debug", async () => {
    const result = await runCli(["run", "nowhere.yaml"], { cwd: folder, environment: { LOG_LEVEL: "debug" } });
    expect(result.stderr).toMatch(/\n\s+at /);
  });
});

describe("pipeline check", () => {
  it("accepts a good file without touching its input", async () => {
    const result = await cli("check", await file("good.yaml", valid));
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toContain("good.yaml is fine: jsonl -> normalize-text -> jsonl");
  });

  it("reports every mistake at once with place and suggestion, and exits 2", async () => {
    const name = await file("bad.yaml", valid.replace("path:", "pth:").replace("normalize-text", "normalise-text"));
    const result = await cli("check", name);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("bad.yaml:1:");
    expect(result.stderr).toContain('Did you mean "path"?');
    expect(result.stderr).toContain('Did you mean "normalize-text"?');
    const machine = await cli("check", name, "--json");
    expect(machine).toMatchObject({ code: 2, stderr: "" });
    const parsed: unknown = JSON.parse(machine.stdout);
    expect(parsed).toMatchObject({ valid: false });
    expect(parsed).toHaveProperty("findings.length", 3);
  });
});

describe("pipeline describe", () => {
  it("says where values came from: flag before environment before file before default", async () => {
    const name = await file("described.yaml", `${valid}run: { workers: 2 }\n`);
    const environment = { PIPELINE_WORKERS: "3", OUTPUT_PATH: "from-environment" };
    const result = await runCli(["describe", name, "--workers", "4"], { cwd: folder, environment });
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/workers +4 +flag --workers/);
    expect(result.stdout).toMatch(/output +\S*from-environment +environment OUTPUT_PATH/);
    expect(result.stdout).toMatch(/batchSize +64 +default/);
    expect(result.stdout).toMatch(/path +\S+ +described\.yaml:1/);
  });
});

describe("pipeline operators", () => {
  it("lists every component, and describes each from its schema", async () => {
    const listed = await cli("operators", "--json");
    expect(listed).toMatchObject({ code: 0, stderr: "" });
    const facts: unknown = JSON.parse(listed.stdout);
    expect(facts).toContainEqual(expect.objectContaining({ name: "normalize-text", kind: "map", modality: "text" }));
    const one = await cli("operators", "normalize-text");
    expect(one.stdout).toContain("Options");
    expect(one.stdout).toContain("Writes attributes:");
  });

  it("suggests the name that was meant", async () => {
    const result = await cli("operators", "normalise-text");
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('Did you mean "normalize-text"?');
  });

  it("does not take members of Object.prototype for components", async () => {
    expect((await cli("operators", "toString")).code).toBe(2);
  });
});
