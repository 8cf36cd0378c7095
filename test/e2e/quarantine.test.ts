import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./run-cli.ts";

const throwOn = fileURLToPath(new URL("../fixtures/operators/throw-on.ts", import.meta.url));
let folder = "";
const cli = (...args: readonly string[]) => runCli(args, { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pipeline-quarantine-"));
  await mkdir(path.join(folder, "docs"));
  const lines = Array.from({ length: 200 }, (_, n) =>
    n % 40 === 9 ? `{"text": broken ${n}` : JSON.stringify({ text: `document ${n}`, n }),
  );
  await writeFile(path.join(folder, "docs/a.jsonl"), lines.join("\n"));
  await writeFile(
    path.join(folder, "pipeline.yaml"),
    `source: { jsonl: { path: ./docs, splitBytes: 1KiB } }
steps:
  - map-module: { module: ${throwOn}, options: { numbers: [3, 150] }, reads: [n] }
  - dedupe-exact
  - map-module: { module: ${throwOn}, options: { numbers: [160] }, reads: [n] }
sink: jsonl
output: ./out
run: { workers: 2, maxFailureRatio: 1 }
`,
  );
  const { code, stderr } = await cli("run", "pipeline.yaml", "--quiet");
  if (code !== 0) throw new Error(stderr);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("pipeline quarantine", () => {
  it("counts failed samples by class, step and code, and lists them", async () => {
    const { code, stdout } = await cli("quarantine", "list", "out");
    expect(code).toBe(0);
    expect(stdout).toContain("8 failed samples");
    expect(stdout).toMatch(/5 {2}bad-input +read +RECORD_INVALID/);
    expect(stdout).toMatch(/2 {2}operator-bug {2}1-map-module {2}OPERATOR_FAILED/);
    expect(stdout).toMatch(/1 {2}operator-bug {2}3-map-module {2}OPERATOR_FAILED/);
  });

  it("narrows by class, step name and code, and shows the last ones", async () => {
    const { stdout } = await cli("quarantine", "list", "out", "--step", "map-module", "--limit", "1", "--json");
    const listed: unknown = JSON.parse(stdout);
    expect(listed).toMatchObject({
      counts: [
        { step: "1-map-module", samples: 2 },
        { step: "3-map-module", samples: 1 },
      ],
      samples: [{ step: "3-map-module", stage: 2, error: { message: expect.stringContaining("160") } }],
      brokenLines: 0,
    });
    const invalid = await cli(
      "quarantine",
      "list",
      "out",
      "--class",
      "bad-input",
      "--code",
      "RECORD_INVALID",
      "--json",
    );
    expect(JSON.parse(invalid.stdout).counts).toEqual([
      { failureClass: "bad-input", step: "read", code: "RECORD_INVALID", samples: 5 },
    ]);
  });

  it("refuses a step, a class and a code that no failure can have", async () => {
    const result = await cli("quarantine", "list", "out", "--class", "timeuot");
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("Did you mean timeout?");
  });

  it("shows a record whole, with the stack and what to do", async () => {
    const { stdout: listed } = await cli("quarantine", "list", "out", "--step", "3-map-module", "--json");
    const [record] = JSON.parse(listed).samples;
    // How the engine came to call the operator is nobody's business, and depends on how samples were batched.
    expect(record.error.stack).not.toMatch(/[\\/]worker[\\/]|node:internal/);
    expect(record.range).toEqual({ offset: Number(record.id.split(":")[1]), length: expect.any(Number) });
    const { code, stdout } = await cli("quarantine", "show", "out", record.id);
    expect(code).toBe(0);
    for (const said of [
      "160 is not my number",
      "throw-on.ts:",
      "attempt   1",
      record.planHash,
      "run `checkOperator`",
    ]) {
      expect(stdout).toContain(said);
    }
    expect(stdout).toContain(`a.jsonl  bytes ${record.range.offset} to ${record.range.offset + record.range.length}`);
    const json = await cli("quarantine", "show", "out", record.id, "--json");
    expect(JSON.parse(json.stdout)).toEqual({ records: [record], brokenLines: 0 });
    const none = await cli("quarantine", "show", "out", "docs/none");
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain("error SAMPLE_NOT_FOUND: ");
  });

  it("goes by the ledger, not by what lies in the folder", async () => {
    await writeFile(path.join(folder, "out/_quarantine/shard-000000.stray.jsonl"), '{"not":"ours"}\n');
    const { code, stdout, stderr } = await cli("quarantine", "list", "out");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("8 failed samples");
  });

  it("says which line is no record, and still tells of the others", async () => {
    const [first = ""] = (await readdir(path.join(folder, "out/_quarantine"))).filter(
      (name) => !name.includes("stray"),
    );
    const file = path.join(folder, "out/_quarantine", first);
    const text = await readFile(file, "utf8");
    await writeFile(file, `x${text.slice(1)}`);
    const { code, stdout, stderr } = await cli("quarantine", "list", "out");
    expect(code).toBe(1);
    expect(stdout).toContain("7 failed samples");
    expect(stderr).toContain(`warning: line 1 of ${file} is no quarantine record`);
    await writeFile(file, text);
  });

  it("says that a file is not what the ledger lists", async () => {
    const [first = ""] = await readdir(path.join(folder, "out/_quarantine"));
    await appendFile(path.join(folder, "out/_quarantine", first), "half a li");
    const result = await cli("quarantine", "list", "out");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("error DATASET_DAMAGED: _quarantine/");
  });
});
