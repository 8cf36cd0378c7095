import { cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fault, type FaultProxy, type Seen, startFaultProxy } from "../fixtures/fault-proxy.ts";
import { missingVersitygw, startVersitygw, type TestServer, testBucket } from "../fixtures/s3-servers.ts";
import { heldPipeline, ServeProcess, writeHeldPipeline } from "../fixtures/serve-process.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

/** Shards alone: everything else names the place that a sample came from. */
async function shardsIn(folder: string): Promise<readonly unknown[]> {
  return [...(await datasetDigest(folder))].filter(([name]) => name.startsWith("shard-"));
}

const down: Fault = { kind: "reset" };
const refused: Fault = { kind: "answer", status: 403, code: "InvalidAccessKeyId" };
const busy: Fault = { kind: "answer", status: 503, code: "SlowDown" };

describe.skipIf(missingVersitygw !== undefined)(
  `a server and a storage that fails${missingVersitygw ? ` (${missingVersitygw})` : ""}`,
  () => {
    let server: TestServer;
    let proxy: FaultProxy;
    let faultOf: (request: Seen) => Fault | undefined = () => undefined;
    beforeAll(async () => {
      server = await startVersitygw();
      proxy = await startFaultProxy(server.endpoint, (request) => faultOf(request));
    });
    afterAll(async () => {
      await proxy.stop();
      server.stop();
    });

    const environment = () => ({
      ...server.environment,
      AWS_ENDPOINT_URL: proxy.endpoint,
      // What is tested is the process, not the patience of one request.
      AWS_MAX_ATTEMPTS: "2",
    });

    test("down at the start, then refusing and then busy in the middle: /health tells each, and in the end nothing is lost", {
      timeout: 240_000,
    }, async () => {
      const folder = await temporaryFolder();
      const bucket = path.join(server.folder ?? "", "failing");
      await writeHeldPipeline(folder, 6, 2);
      await mkdir(bucket);
      await cp(path.join(folder, "input"), path.join(bucket, "input"), { recursive: true });
      await writeFile(path.join(folder, "s3.yaml"), heldPipeline(folder, `s3://${testBucket}/failing/input`));
      faultOf = () => down;
      const output = `s3://${testBucket}/failing/out`;
      const served = new ServeProcess(["--config", "s3.yaml", "--to", output], folder, environment());
      await served.until("run:state", { observedValue: "retrying", output: expect.stringContaining("STORAGE_FAILED") });
      await served.until("storage:responseTime", { status: "fail" });
      expect([await served.status("/readyz"), await served.status("/livez")]).toEqual([503, 200]);

      faultOf = () => undefined;
      await served.until("tasks:unfinished", { observedValue: 4 });
      await served.until("storage:responseTime", { status: "pass" });
      await expect.poll(() => served.status("/readyz")).toBe(200);

      faultOf = () => refused;
      await served.until("storage:responseTime", {
        status: "warn",
        output: expect.stringContaining("InvalidAccessKeyId"),
      });
      await writeFile(path.join(folder, "open"), "");
      await served.until("run:state", { status: "fail", output: expect.stringContaining("InvalidAccessKeyId") });
      faultOf = ({ method }) => (method === "PUT" && Math.random() < 0.3 ? busy : undefined);
      await served.until("run:state", { observedValue: "finished" }, 120_000);
      faultOf = () => undefined;
      const metrics = await served.metrics();
      expect(metrics).toMatch(/pipeline_storage_requests_total\{scheme="s3",operation="GetObject",status="20\d"\} \d/);
      expect(metrics).toMatch(/pipeline_storage_requests_total\{scheme="s3",operation="PutObject",status="200"\} \d/);
      expect(metrics).toMatch(/pipeline_storage_requests_total\{scheme="s3",operation="\w+",status="403"\} \d/);
      expect(metrics).toMatch(/pipeline_storage_requests_total\{scheme="s3",operation="\w+",status="none"\} \d/);
      expect((await runCli(["run", "pipeline.yaml", "--to", "plain", "--quiet"], { cwd: folder })).code).toBe(0);
      expect(await shardsIn(path.join(bucket, "out"))).toEqual(await shardsIn(path.join(folder, "plain")));

      // Another plan on the same ledger waits for somebody to decide, and changes nothing.
      const before = await datasetDigest(path.join(bucket, "out"));
      await writeFile(path.join(folder, "other.yaml"), heldPipeline(folder, "./input"));
      const other = new ServeProcess(["--config", "other.yaml", "--to", output], folder, environment());
      await other.until("run:state", { observedValue: "failed", output: expect.stringContaining("PLAN_MISMATCH") });
      expect([await other.status("/readyz"), await other.status("/livez")]).toEqual([503, 200]);
      expect(await datasetDigest(path.join(bucket, "out"))).toEqual(before);
      for (const one of [served, other]) one.kill("SIGTERM");
      for (const one of [served, other]) expect(await one.ended, one.log).toEqual({ code: 0, signal: null });
    });

    test.each<[string, (request: Seen) => Fault | undefined, string]>([
      [
        "objects may not be put",
        ({ method }) => (method === "PUT" ? { kind: "answer", status: 403, code: "AccessDenied" } : undefined),
        "OUTPUT_UNWRITABLE",
      ],
      [
        "the bucket may not be listed",
        ({ method, path: asked }) =>
          method === "GET" && asked.includes("list-type=2")
            ? { kind: "answer", status: 403, code: "AccessDenied" }
            : undefined,
        "INPUT_UNREADABLE",
      ],
      ["there is no such bucket", () => ({ kind: "answer", status: 404, code: "NoSuchBucket" }), "NoSuchBucket"],
    ])("%s: the process lives, is not ready, and says so", { timeout: 60_000 }, async (_, fault, told) => {
      const folder = await temporaryFolder();
      await writeHeldPipeline(folder, 1, 1);
      faultOf = fault;
      const output = `s3://${testBucket}/refused/out`;
      const served = new ServeProcess(["--config", "pipeline.yaml", "--to", output], folder, environment());
      await served.until("run:state", { status: "fail", output: expect.stringContaining(told) });
      expect([await served.status("/readyz"), await served.status("/livez")]).toEqual([503, 200]);
      served.kill("SIGTERM");
      expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
    });
  },
);
