import { readdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { HealthEntry, HealthReport } from "../../src/server/health-report.ts";
import { ServeProcess, writeHeldPipeline } from "../fixtures/serve-process.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

async function health(folder: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await runCli(["health", ...args], { cwd: folder });
  return { code, stdout, stderr };
}

/** The report of the data in `./out`, with what it exits with. */
async function dataHealth(folder: string) {
  const { code, stdout } = await health(folder, "--output-path", "out", "--format", "json");
  const report = JSON.parse(stdout) as HealthReport;
  const entry = (key: string): HealthEntry | undefined => report.checks[key]?.[0];
  return { code, report, entry };
}

async function finishedRun(): Promise<string> {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 4, 4);
  const run = await runCli(["run", "pipeline.yaml", "--to", "out", "--quiet"], { cwd: folder });
  expect(run.code, run.stderr).toBe(0);
  return folder;
}

test("a finished dataset passes with 0, as a table and as JSON, and --read-only writes nothing", {
  timeout: 60_000,
}, async () => {
  const folder = await finishedRun();
  const { code, report, entry } = await dataHealth(folder);
  expect([code, report.status, report.version]).toEqual([0, "pass", "1"]);
  expect(entry("manifest:complete")).toMatchObject({ observedValue: "published", status: "pass" });
  expect(entry("checkpoint:age")).toMatchObject({ componentId: expect.stringMatching(/^checkpoint_\d{6}$/) });
  expect(entry("storage:writable")).toMatchObject({ status: "pass" });
  const table = await health(folder, "--output-path", "out", "--read-only");
  expect(table.code).toBe(0);
  expect(table.stdout).toMatch(/^pass +manifest:complete +published$/m);
  expect(table.stdout).not.toContain("storage:writable");
  expect(table.stdout).toMatch(/^pass {2}out$/m);
});

test("orphans and unfinished work warn with 1; lost and damaged files fail with 2 and say which", {
  timeout: 60_000,
}, async () => {
  const folder = await finishedRun();
  const out = path.join(folder, "out");
  await writeFile(path.join(out, "shard-000000-0099.jsonl"), "left over");
  const orphaned = await dataHealth(folder);
  expect([orphaned.code, orphaned.entry("dataset:orphans")]).toMatchObject([
    1,
    { observedValue: 1, status: "warn", output: expect.stringContaining("shard-000000-0099.jsonl") },
  ]);
  const shard = (await readdir(out)).find((name) => name.startsWith("shard-000002"));
  await truncate(path.join(out, shard ?? ""), 3);
  const damaged = await dataHealth(folder);
  expect([damaged.code, damaged.entry("manifest:complete")?.output]).toEqual([
    2,
    expect.stringMatching(`^DATASET_DAMAGED: ${shard} has 3 bytes, expected \\d+; .*--repair`),
  ]);
  const inputs = path.join(out, ".checkpoints", "inputs");
  for (const name of await readdir(inputs)) await rm(path.join(inputs, name));
  const lost = await dataHealth(folder);
  expect([lost.code, lost.entry("ledger:state")]).toMatchObject([
    2,
    { status: "fail", output: expect.stringMatching(/^LEDGER_CORRUPT: 1 of its objects are lost, such as inputs\//) },
  ]);
});

test("where no run wrote it fails with 2, and a run that was interrupted warns with what is left", {
  timeout: 60_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 3, 1);
  const nothing = await dataHealth(folder);
  expect([nothing.code, nothing.entry("ledger:state")?.output]).toEqual([2, expect.stringMatching(/^RUN_NOT_FOUND: /)]);
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await served.until("tasks:unfinished", { observedValue: 2 });
  await served.until("checkpoint:age", { componentId: "checkpoint_000002" });
  served.killGroup("SIGKILL");
  await served.ended;
  const { code, entry } = await dataHealth(folder);
  expect([code, entry("tasks:unfinished"), entry("manifest:complete")]).toMatchObject([
    1,
    { observedValue: 2, status: "warn", output: expect.stringContaining("2 of 3 splits are not done") },
    { observedValue: "not finished", status: "warn" },
  ]);
});

test("a server is asked by --url, and exits by what it says; one that does not answer fails with 2", {
  timeout: 60_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 2, 2);
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await served.until("run:state", { observedValue: "finished" });
  const url = await served.url();
  const asked = await health(folder, "--url", `${url}/health`, "--format", "json");
  expect([asked.code, JSON.parse(asked.stdout)]).toMatchObject([0, { status: "pass", releaseId: expect.any(String) }]);
  expect(await health(folder, "--url", `${url}/livez`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("HEALTH_UNKNOWN"),
  });
  served.killGroup("SIGKILL");
  await served.ended;
  expect(await health(folder, "--url", url)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("does not answer"),
  });
});
