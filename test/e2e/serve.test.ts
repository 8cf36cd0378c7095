import { rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { heldPipeline, ServeProcess, writeHeldPipeline } from "../fixtures/serve-process.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

test("it starts, works, is done and stays; told to end while it works, it is not ready at once, drains and leaves with 0", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 4, 1);
  const served = new ServeProcess([], folder, { PIPELINE_CONFIG: "pipeline.yaml", OUTPUT_PATH: "out" });
  await expect.poll(() => served.status("/startupz"), { timeout: 60_000 }).toBe(200);
  await expect.poll(() => served.status("/readyz")).toBe(200);
  await served.until("tasks:unfinished", { observedValue: 3 });
  await served.holds(folder);
  expect((await served.report()).report.checks["run:state"]).toMatchObject([{ observedValue: "running" }]);
  served.kill("SIGTERM");
  await expect.poll(() => served.status("/readyz")).toBe(503);
  expect(await served.status("/livez")).toBe(200);
  expect(await served.report()).toMatchObject({
    httpStatus: 200,
    report: { checks: { "run:state": [{ observedValue: "stopping" }] } },
  });
  await writeFile(path.join(folder, "open"), "");
  expect(await served.ended, served.log).toEqual({ code: 0, signal: null });

  const again = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await again.until("run:state", { observedValue: "finished", status: "pass" });
  expect([await again.status("/livez"), await again.status("/readyz"), await again.status("/metrics")]).toEqual([
    200, 200, 404,
  ]);
  expect((await runCli(["run", "pipeline.yaml", "--to", "plain", "--quiet"], { cwd: folder })).code).toBe(0);
  expect(await datasetDigest(path.join(folder, "out"))).toEqual(await datasetDigest(path.join(folder, "plain")));
  again.kill("SIGTERM");
  expect(await again.ended, again.log).toEqual({ code: 0, signal: null });
});

test("what does not end within the time of grace is cut off; the exit code is 0, and the next process finishes it", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 3, 1);
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder, { TERMINATION_GRACE: "200ms" });
  await served.until("tasks:unfinished", { observedValue: 2 });
  await served.holds(folder);
  served.kill("SIGTERM");
  expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
  await writeFile(path.join(folder, "open"), "");
  const again = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await again.until("run:state", { observedValue: "finished" });
  expect((await runCli(["verify", "out"], { cwd: folder })).code).toBe(0);
});

test("a changed file is told by the keys that differ and not applied; one that is not valid is told by its error", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 2, 1);
  const file = path.join(folder, "pipeline.yaml");
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await served.until("configuration:file", { observedValue: "in effect", status: "pass" });
  await writeFile(file, heldPipeline(folder, "./input", ", batchSize: 7").replace("0.8", "0.5"));
  const report = await served.until("configuration:file", {
    status: "warn",
    output: "the file differs from what is in effect in: steps[1].sample.fraction, run.batchSize",
  });
  expect(report.status).toBe("warn");
  await writeFile(file, `${heldPipeline(folder, "./input")}extra: 1\n`);
  await served.until("configuration:file", { status: "warn", output: expect.stringContaining("UNKNOWN_KEY") });
  await writeFile(file, heldPipeline(folder, "./input"));
  await served.until("configuration:file", { observedValue: "in effect", status: "pass" });
  expect(served.log).toContain("steps[1].sample.fraction, run.batchSize");
  await writeFile(path.join(folder, "open"), "");
  await served.until("run:state", { observedValue: "finished" });
});

test("a run that fails for good is told by its code while the process lives on, until the file is mended", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 2, 2);
  const file = path.join(folder, "pipeline.yaml");
  await writeFile(file, heldPipeline(folder, "./nowhere"));
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await served.until("run:state", {
    observedValue: "failed",
    status: "fail",
    output: expect.stringMatching(/^INPUT_NOT_FOUND: /),
  });
  expect((await served.report()).httpStatus).toBe(503);
  const ready = await fetch(`${await served.url()}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining("[-]run failed: INPUT_NOT_FOUND")]);
  expect([await served.status("/livez"), await served.status("/startupz")]).toEqual([200, 200]);
  await writeFile(file, heldPipeline(folder, "./input"));
  await served.until("run:state", { observedValue: "finished", status: "pass" });
  await expect.poll(() => served.status("/readyz")).toBe(200);
});

test("a run that fails because of its storage is begun again by itself until the storage is well", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 2, 2);
  const output = path.join(folder, "out");
  await symlink("out", output);
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  await served.until("run:state", { observedValue: "retrying", status: "fail" });
  expect((await served.report()).report.checks["storage:responseTime"]).toMatchObject([{ status: "fail" }]);
  await rm(output);
  await served.until("run:state", { observedValue: "finished", status: "pass" });
  await served.until("storage:responseTime", { status: "pass" });
});

test("a port that is taken, a file that is not valid and no file at all end it with 2 and say why", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 1, 1);
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  const { port } = new URL(await served.url());
  const refused = async (args: readonly string[], environment: { readonly [name: string]: string } = {}) => {
    const second = new ServeProcess(args, folder, environment);
    expect(await second.ended).toEqual({ code: 2, signal: null });
    return second.log;
  };
  expect(await refused(["--config", "pipeline.yaml", "--to", "out"], { HEALTH_CHECK_PORT: port })).toContain(
    `error PORT_UNAVAILABLE: cannot listen on 127.0.0.1, port ${port}: another process listens there`,
  );
  await writeFile(path.join(folder, "wrong.yaml"), `${heldPipeline(folder, "./input")}extra: 1\n`);
  expect(await refused(["--config", "wrong.yaml", "--to", "out"])).toContain("error UNKNOWN_KEY");
  expect(await refused([])).toContain("error INVALID_OPTION: --config or PIPELINE_CONFIG: expected the path");
  expect(await refused(["--config", "pipeline.yaml"], { HEALTH_CHECK_PORT: "http" })).toContain("HEALTH_CHECK_PORT");
});

test("metrics are served on a port of their own, and --log-json makes every line a record, as far as LOG_LEVEL asks", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 2, 2);
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out", "--log-json"], folder, {
    LOG_LEVEL: "info",
  });
  await served.until("run:state", { observedValue: "finished" });
  const [metricsUrl = ""] = /http:[^"]*\/metrics/.exec(served.log) ?? [];
  const metrics = await fetch(metricsUrl);
  expect([metrics.status, metrics.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/plain")]);
  expect(await metrics.text()).toMatch(/^# TYPE pipeline_/m);
  expect((await fetch(metricsUrl.replace("/metrics", "/health"))).status).toBe(404);
  served.kill("SIGTERM");
  expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
  const records = served.log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly event: string; readonly level: string });
  expect(new Set(records.map(({ level }) => level))).toEqual(new Set(["info"]));
  const events = records.map(({ event }) => event).filter((event) => /^(listening|run-|served|stopped)/.test(event));
  expect(events).toEqual(["listening", "run-started", "run-finished", "served", "stopped"]);
  const silent = new ServeProcess(["--config", "pipeline.yaml", "--to", "out", "--log-json"], folder, {
    LOG_LEVEL: "loud",
  });
  expect(await silent.ended).toEqual({ code: 2, signal: null });
  expect(silent.log).toContain("error INVALID_OPTION: LOG_LEVEL");
});

test.skipIf(process.platform === "win32")(
  "GPUs are looked at where there is nvidia-smi, and a driver that fails is told",
  {
    timeout: 120_000,
  },
  async () => {
    const folder = await temporaryFolder();
    await writeHeldPipeline(folder, 1, 1);
    const program = path.join(folder, "nvidia-smi");
    const environment = { PATH: `${folder}${path.delimiter}${process.env.PATH ?? ""}` };
    const says = (script: string) => writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await says('echo "0, 37, 1024, 81559, 45, 120.50"');
    const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder, environment);
    await served.until("gpu:utilization", { componentId: "gpu 0", observedValue: 37, status: "pass" });
    await says('echo "NVIDIA-SMI has failed" >&2; exit 9');
    const report = await served.until("gpu:utilization", {
      status: "warn",
      output: expect.stringContaining("has failed"),
    });
    expect(report.status).toBe("warn");
    expect(await served.status("/readyz")).toBe(200);
    served.kill("SIGTERM");
    expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
  },
);

test("a stalled worker is told in /health by its step and sample, which costs neither readiness nor life", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeHeldPipeline(folder, 2, 1);
  await writeFile(path.join(folder, "pipeline.yaml"), heldPipeline(folder, "./input", ", stallTimeout: 500ms"));
  const served = new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  const report = await served.until("progress:stall", {
    status: "warn",
    output: expect.stringMatching(/1-map-module .* sample 001\.jsonl:/),
  });
  expect(report.status).toBe("warn");
  expect([await served.status("/health"), await served.status("/readyz"), await served.status("/livez")]).toEqual([
    200, 200, 200,
  ]);
  await writeFile(path.join(folder, "open"), "");
  await served.until("run:state", { observedValue: "finished" });
  await served.until("progress:stall", { status: "pass" });
});
