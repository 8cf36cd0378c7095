import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { expect, onTestFinished, test, vi } from "vitest";
import { descendantsOf, type HeadOptions, RayCluster } from "../../scripts/ray-cluster.ts";
import { cliEntry, runCli } from "../e2e/run-cli.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { expectSame, isNth, missing, moduleStep, pipelineOver, runHere, runOnRay } from "./run-on-ray.ts";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

async function startCluster(options: HeadOptions): Promise<RayCluster> {
  const cluster = await RayCluster.start(options);
  onTestFinished(() => cluster.stop());
  return cluster;
}

test.skipIf(missing)("the head is killed while a run is on, and comes back: the run goes on by itself", async () => {
  const folder = await temporaryFolder();
  const until = path.join(folder, "go-on");
  const { text } = await pipelineOver(folder, 600, moduleStep("dawdle", { milliseconds: 100, until }));
  const first = await startCluster({ cpus: 2 });
  let second: Promise<RayCluster> | undefined;
  const problems: string[] = [];
  const actual = await runOnRay(first, text, path.join(folder, "ray"), {
    onEvent: (event, _run, events) => {
      if (isNth(events, "task-finished", 4)) {
        first.head.kill();
        second = startCluster({ cpus: 2, gcsPort: first.gcsPort });
      }
      if (event.type !== "cluster-changed") return;
      if (event.cluster.problem !== null) problems.push(event.cluster.problem);
      else if (problems.length > 0 && event.cluster.workers > 0) writeFileSync(until, "");
    },
  });
  await second;
  expect(problems[0]).toContain("the bridge to Ray is lost");
  expectSame(actual, await runHere(text, path.join(folder, "here")));
});

test.skipIf(missing)(
  "a head that stays away ends the run as what it is; the same command resumes it elsewhere",
  async () => {
    const folder = await temporaryFolder();
    const { text } = await pipelineOver(folder, 300, moduleStep("dawdle", { milliseconds: 20 }));
    const cluster = await startCluster({ cpus: 1 });
    const output = path.join(folder, "ray");
    const lost = await runOnRay(cluster, text, output, {
      executor: { reconnectSeconds: 3 },
      onEvent: (_event, _run, events) => {
        if (isNth(events, "task-finished", 4)) cluster.head.kill();
      },
    });
    expect(lost.summary).toMatchObject({ outcome: "failed", error: { code: "RAY_LOST", isRetryable: true } });
    const resumed = await runHere(text, output);
    expect(resumed.events.find((event) => event.type === "run-started")).toMatchObject({
      resumed: { finishedTasks: expect.any(Number) },
    });
    expectSame(resumed, await runHere(text, path.join(folder, "here")));
  },
);

test.skipIf(missing).each(["process", "job"] as const)(
  "the coordinator is killed: what it had in the cluster ends, and the next one resumes; the bridge as a %s",
  async (by) => {
    const folder = await temporaryFolder();
    const until = path.join(folder, "go-on");
    const { text } = await pipelineOver(folder, 600, moduleStep("dawdle", { milliseconds: 50, until }));
    const cluster = await startCluster({ cpus: 2 });
    await writeFile(path.join(folder, "pipeline.yaml"), text);
    const address = by === "job" ? cluster.dashboard : cluster.gcs;
    const run = ["run", "pipeline.yaml", "--to", "out", "--checkpoint-interval", "100ms", "--ray-address", address];
    const child = spawn(process.execPath, [cliEntry, ...run], {
      cwd: folder,
      env: { ...process.env, ...cluster.environment },
      stdio: "ignore",
      detached: true,
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await expect
      .poll(() => existsSync(path.join(folder, "out/.checkpoints/checkpoint_000003.json")), { timeout: 60_000 })
      .toBe(true);
    expect(cluster.head.actors().length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await ended;
    await expect.poll(() => cluster.head.actors().flatMap(descendantsOf), { timeout: 40_000 }).toEqual([]);
    writeFileSync(until, "");
    const result = await runCli(run, { cwd: folder, environment: cluster.environment });
    expect(result, result.stderr).toMatchObject({ code: 0 });
    const here = await runHere(text, path.join(folder, "here"));
    expect(await datasetDigest(path.join(folder, "out"))).toEqual(here.digest);
  },
);
