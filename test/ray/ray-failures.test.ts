import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { RayCluster } from "../../scripts/ray-cluster.ts";
import { freePort } from "../../scripts/s3-server.ts";
import { runCli } from "../e2e/run-cli.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { missing, moduleStep, pipelineOver, runHere, runOnRay } from "./run-on-ray.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let cluster: RayCluster;

beforeAll(async () => {
  if (missing === undefined) cluster = await RayCluster.start({ cpus: 2, token: "sesame" });
  // As a user's shell has it; what this process starts inherits it.
  Object.assign(process.env, cluster?.environment);
});
afterAll(() => cluster?.stop());

/** `pipeline ray status`, and the time it took. */
async function status(environment: { readonly [name: string]: string }, ...flags: readonly string[]) {
  const started = performance.now();
  const result = await runCli(["ray", "status", ...flags], { cwd: await temporaryFolder(), environment });
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

test.skipIf(missing)("the cluster is shown, whichever way it is joined", async () => {
  for (const address of [cluster.gcs, cluster.dashboard]) {
    const { code, stdout, stderr } = await status({}, "--ray-address", address);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Ray 2\.58\.0, Python 3\.\d+\.\d+; multimodal-pipeline \d/);
    expect(stdout).toContain("in use: 0 of 2 CPUs, 0 of 0 GPUs");
  }
});

const noToken = { RAY_AUTH_MODE: "", RAY_AUTH_TOKEN: "" };
const wrongToken = { RAY_AUTH_MODE: "token", RAY_AUTH_TOKEN: "wrong" };

test.skipIf(missing).for([
  ["no token, by the dashboard", noToken, "dashboard", "RAY_UNAUTHORIZED", "401: RAY_AUTH_TOKEN is not set"],
  ["a wrong token, by the dashboard", wrongToken, "dashboard", "RAY_UNAUTHORIZED", "the token is not the cluster's"],
  ["no token, by the GCS", noToken, "gcs", "RAY_UNREACHABLE", "it may want a token"],
  ["a wrong token, by the GCS", wrongToken, "gcs", "RAY_UNREACHABLE", "it may want a token"],
] as const)("%s: %s", async ([, environment, way, code, words]) => {
  const result = await status(environment, "--ray-address", cluster[way]);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(`error ${code}`);
  expect(result.stderr).toContain(words);
  expect(result.stderr).not.toContain("sesame");
  expect(result.seconds).toBeLessThan(45);
});

test.skipIf(missing)("nothing at the address is told of at once, and so is a Python without Ray", async () => {
  const port = await freePort();
  const nobody = [`127.0.0.1:${port}`, `http://127.0.0.1:${port}`];
  for (const address of nobody) {
    const { code, stderr, seconds } = await status({}, "--ray-address", address);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error RAY_UNREACHABLE: no Ray.* at .*ECONNREFUSED/);
    expect(seconds).toBeLessThan(20);
  }
  const without = await status({ RAY_PYTHON: "/nowhere/python" }, "--ray-address", cluster.gcs);
  expect(without.stderr).toContain("/nowhere/python cannot be started. RAY_PYTHON names a Python that has ray");
});

test.skipIf(missing)("a web server that is no Ray is told apart", async () => {
  // Ray's own metrics agent: HTTP, and no Jobs API.
  const { stderr } = await status({}, "--ray-address", `${cluster.dashboard}/static`);
  expect(stderr).toMatch(/error RAY_(?:MISMATCH|UNREACHABLE): http/);
});

test.skipIf(missing)("a GPU where there is none: the run waits, says what is missing, and can be ended", async () => {
  const folder = await temporaryFolder();
  const { text } = await pipelineOver(
    folder,
    30,
    "  - filter: { where: 'n >= 0' }\n",
    "run: { resources: { gpus: 1 } }\n",
  );
  const { summary, events } = await runOnRay(cluster, text, path.join(folder, "out"), {
    onEvent: (event, run) => {
      if (event.type === "cluster-changed" && event.cluster.problem !== null) run.drain("SIGTERM");
    },
  });
  expect(summary).toMatchObject({ outcome: "interrupted" });
  const problem = events.find((event) => event.type === "cluster-changed" && event.cluster.problem !== null);
  expect(problem).toMatchObject({
    cluster: {
      workers: 0,
      problem: expect.stringContaining(
        "one needs 1 CPU and 1 GPU, and no node has that; its only node has 2 CPUs and 0 GPUs",
      ),
    },
  });
});

test.skipIf(missing)("capacity that never comes ends the run in time, as what it is", async () => {
  const folder = await temporaryFolder();
  const { text } = await pipelineOver(
    folder,
    30,
    "  - filter: { where: 'n >= 0' }\n",
    "run: { resources: { cpus: 64 } }\n",
  );
  const { summary } = await runOnRay(cluster, text, path.join(folder, "out"), { executor: { capacitySeconds: 3 } });
  expect(summary).toMatchObject({ outcome: "failed", error: { code: "CAPACITY_MISSING", isRetryable: true } });
});

test.skipIf(missing)("a step that no worker can open fails the run as it does on this machine", async () => {
  const folder = await temporaryFolder();
  const { text } = await pipelineOver(folder, 30, moduleStep("cannot-open", {}));
  await expect(runHere(text, path.join(folder, "here"))).rejects.toThrow("the weights are not there");
  const { summary } = await runOnRay(cluster, text, path.join(folder, "ray"));
  expect(summary).toMatchObject({ outcome: "failed", error: { code: "OPERATOR_UNAVAILABLE" } });
  expect(summary.error?.message).toContain("the weights are not there");
});

test.skipIf(missing)("GPUs: a worker sees those that it was given, and none where it asked for none", async () => {
  const folder = await temporaryFolder();
  const node = await cluster.addNode({ cpus: 2, gpus: 2, labels: { zone: "gpu" } });
  const step = moduleStep("dawdle", { milliseconds: 1, tells: true }, { writes: ["gpus", "machine"] });
  const without = await pipelineOver(folder, 30, step);
  const asks = "run: { workers: 2, resources: { steps: { 1-map-module: { gpus: 1, labels: { zone: gpu } } } } }\n";
  const with1 = await pipelineOver(folder, 30, step, asks);
  const sink = (text: string) => text.replace("webdataset: {}", "jsonl: {}");
  const seen = async (text: string, output: string) => {
    const run = await runOnRay(cluster, sink(text), output, { settings: { minWorkers: 2, workers: 2 } });
    expect(run.summary.error).toBeNull();
    return gpusIn(output);
  };
  expect(await seen(without.text, path.join(folder, "cpu"))).toEqual([""]);
  const gpus = await seen(with1.text, path.join(folder, "gpu"));
  expect(gpus.length).toBeGreaterThan(0);
  expect(gpus.every((gpu) => gpu === "0" || gpu === "1")).toBe(true);
  node.kill();
});

const record = z.object({ attributes: z.object({ gpus: z.string() }) });

async function gpusIn(output: string): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (const name of await readdir(output)) {
    if (!name.startsWith("shard-")) continue;
    const lines = (await readFile(path.join(output, name), "utf8")).trim().split("\n");
    for (const line of lines) seen.add(record.parse(JSON.parse(line)).attributes.gpus);
  }
  return [...seen];
}

test.skipIf(missing)("the dashboard answers and the GCS does not: told within half a minute", async () => {
  const folder = await temporaryFolder();
  const broken = await RayCluster.start({ cpus: 1 });
  try {
    for (const id of broken.head.processes()) if (broken.isGcs(id)) process.kill(id, "SIGSTOP");
    const { text } = await pipelineOver(folder, 30, "  - filter: { where: 'n >= 0' }\n");
    const started = performance.now();
    const failure = await runOnRay(broken, text, path.join(folder, "out"), { by: "job" }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: expect.stringMatching(/^RAY_/) });
    expect((performance.now() - started) / 1000).toBeLessThan(45);
  } finally {
    broken.stop();
  }
});
