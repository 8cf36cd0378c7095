import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingVersitygw, startVersitygw, type TestServer, testBucket } from "../fixtures/s3-servers.ts";
import { heldPipeline, ServeProcess, writeHeldPipeline } from "../fixtures/serve-process.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

const splits = 24;
const free = 6;
const samplesPerSplit = 20;

describe.skipIf(missingVersitygw !== undefined)(
  `several replicas on S3${missingVersitygw ? ` (${missingVersitygw})` : ""}`,
  () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startVersitygw();
    });
    afterAll(() => server.stop());

    test("one killed, one frozen while the others finish and add new input, all scaled to none and back: nothing is lost or doubled", {
      timeout: 400_000,
    }, async () => {
      const folder = await temporaryFolder();
      const bucket = server.folder ?? "";
      const output = `s3://${testBucket}/served/out`;
      await writeHeldPipeline(folder, splits, free);
      await mkdir(path.join(bucket, "served"));
      await cp(path.join(folder, "input"), path.join(bucket, "served", "input"), { recursive: true });
      await writeFile(path.join(folder, "s3.yaml"), heldPipeline(folder, `s3://${testBucket}/served/input`));
      const replica = () =>
        new ServeProcess(["--config", "s3.yaml", "--to", output, "--watch", "100ms"], folder, server.environment);
      const totals = async () => {
        const manifest = await readFile(path.join(bucket, "served", "out", "_manifest.json"), "utf8").catch(() => "");
        return manifest === "" ? undefined : (JSON.parse(manifest) as { readonly totals: unknown }).totals;
      };
      const untilRead = async (read: number, by: ServeProcess) =>
        expect.poll(totals, { timeout: 120_000, message: by.log }).toMatchObject({ read });
      const add = async (name: string) => {
        const lines = Array.from({ length: samplesPerSplit }, (_, index) =>
          JSON.stringify({ text: `${name} ${index}` }),
        );
        await writeFile(path.join(folder, name), lines.join("\n"));
        await rename(path.join(folder, name), path.join(bucket, "served", "input", name));
      };

      const replicas = [replica(), replica(), replica()] as const;
      const [killed, frozen, left] = replicas;
      // Each holds a task of its own.
      await Promise.all(replicas.map((each) => each.holds(folder)));
      killed.kill("SIGKILL");
      frozen.killGroup("SIGSTOP");
      await writeFile(path.join(folder, "open"), "");
      await untilRead(splits * samplesPerSplit, left);
      await left.until("run:state", { observedValue: "finished" });
      expect((await runCli(["run", "pipeline.yaml", "--to", "plain", "--quiet"], { cwd: folder })).code).toBe(0);
      // Quarantine, outcome logs and manifest name the place that a sample came from; shards hold what it is.
      const shards = (all: ReadonlyMap<string, string>) => [...all].filter(([name]) => name.startsWith("shard-"));
      expect(shards(await datasetDigest(path.join(bucket, "served", "out")))).toEqual(
        shards(await datasetDigest(path.join(folder, "plain"))),
      );

      await add("new 1.jsonl");
      await untilRead((splits + 1) * samplesPerSplit, left);
      await left.until("run:state", { observedValue: "finished" });
      const digest = await datasetDigest(path.join(bucket, "served", "out"));
      frozen.killGroup("SIGCONT");
      await frozen.until("run:state", { observedValue: "finished" }, 120_000);
      expect(await datasetDigest(path.join(bucket, "served", "out"))).toEqual(digest);

      for (const one of [left, frozen]) one.kill("SIGTERM");
      expect([await left.ended, await frozen.ended]).toEqual([
        { code: 0, signal: null },
        { code: 0, signal: null },
      ]);
      const next = [replica(), replica(), replica()] as const;
      await add("new 2.jsonl");
      await untilRead((splits + 2) * samplesPerSplit, next[0]);
      for (const one of next) await one.until("run:state", { observedValue: "finished" }, 120_000);
      expect(await totals()).toMatchObject({ read: (splits + 2) * samplesPerSplit });
      for (const one of next) one.kill("SIGTERM");
      for (const one of next) expect(await one.ended, one.log).toEqual({ code: 0, signal: null });

      const onS3 = { cwd: folder, environment: server.environment };
      for (const command of [
        ["verify", output],
        ["checkpoints", "verify", output],
        ["health", "--output-path", output],
      ]) {
        const { code, stdout, stderr } = await runCli(command, onS3);
        expect(code, `${command.join(" ")}: ${stdout}${stderr}`).toBe(0);
      }
    });
  },
);
