import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type HeadOptions, RayCluster, rayPython } from "../../scripts/ray-cluster.ts";
import { freePort } from "../../scripts/s3-server.ts";
import { JobsClient } from "../../src/executors/ray/jobs-client.ts";
import { runCli } from "../e2e/run-cli.ts";
import { missingVersitygw, startVersitygw, testBucket } from "../fixtures/s3-servers.ts";
import { ServeProcess } from "../fixtures/serve-process.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { missing, pipelineOver, runHere } from "./run-on-ray.ts";

vi.setConfig({ testTimeout: 180_000 });

async function startCluster(options: HeadOptions): Promise<RayCluster> {
  const cluster = await RayCluster.start(options);
  onTestFinished(() => cluster.stop());
  return cluster;
}

test.skipIf(missing ?? missingVersitygw)(
  "a process that serves waits for its cluster, runs on it into a bucket, and says how it is",
  async () => {
    const folder = await temporaryFolder();
    const { text } = await pipelineOver(folder, 300, "  - filter: { where: 'n % 3 != 0' }\n");
    await writeFile(path.join(folder, "pipeline.yaml"), text);
    const server = await startVersitygw();
    onTestFinished(() => server.stop());
    const dashboardPort = await freePort();
    const output = `s3://${testBucket}/out`;
    const serving = new ServeProcess(["--config", "pipeline.yaml", "--to", output], folder, {
      ...server.environment,
      RAY_API_SERVER_ADDRESS: `http://127.0.0.1:${dashboardPort}`,
    });
    await expect
      .poll(async () => (await serving.report()).report.checks["run:state"]?.[0]?.output, { timeout: 60_000 })
      .toMatch(/^RAY_UNREACHABLE/);
    expect([await serving.status("/livez"), await serving.status("/readyz")]).toEqual([200, 503]);
    // Credentials are the nodes' own: none come from here.
    await startCluster({ cpus: 2, dashboardPort, environment: server.environment });
    await expect
      .poll(async () => (await serving.report()).report.checks["run:state"]?.[0]?.observedValue, { timeout: 120_000 })
      .toBe("finished");
    expect(await serving.status("/readyz")).toBe(200);
    const here = await runHere(text, path.join(folder, "here"));
    expect(await datasetDigest(path.join(server.folder ?? "", "out"))).toEqual(here.digest);
    const metrics = await serving.metrics();
    expect(metrics).toMatch(/^pipeline_cluster_nodes 1$/m);
    expect(metrics).toMatch(/^pipeline_worker_starts_total [1-9]/m);
  },
);

test.skipIf(missing)("what an earlier process of this machine left in the cluster is ended", async () => {
  const cluster = await startCluster({ cpus: 1 });
  const jobs = new JobsClient(cluster.dashboard, undefined);
  const submit = (submissionId: string, machine: string) =>
    jobs.submit({
      submissionId,
      entrypoint: "sleep 600",
      environment: {},
      metadata: { pipeline_machine: machine, pipeline_process: String(2 ** 22 + 7) },
    });
  await submit("left-behind", hostname());
  await submit("of-another-machine", "elsewhere");
  await expect.poll(async () => (await jobs.status("left-behind")).status, { timeout: 60_000 }).toBe("RUNNING");
  const { code, stderr } = await runCli(["ray", "status", "--ray-address", cluster.dashboard], {
    cwd: await temporaryFolder(),
    environment: { RAY_PYTHON: rayPython },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  await expect.poll(async () => (await jobs.status("left-behind")).status, { timeout: 60_000 }).toBe("STOPPED");
  expect((await jobs.status("of-another-machine")).status).not.toBe("STOPPED");
});
