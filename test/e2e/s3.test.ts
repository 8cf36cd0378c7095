import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startFaultProxy } from "../fixtures/fault-proxy.ts";
import { missingVersitygw, startVersitygw, type TestServer, testBucket } from "../fixtures/s3-servers.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { cliEntry, runCli } from "./run-cli.ts";

const kills = 4;

describe.skipIf(missingVersitygw !== undefined)(
  `everything on S3${missingVersitygw ? ` (${missingVersitygw})` : ""}`,
  () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startVersitygw();
    });
    afterAll(() => server.stop());

    test(`killed ${kills} times and resumed, a run leaves the bytes of an undisturbed local one`, {
      timeout: 300_000,
    }, async () => {
      const folder = await temporaryFolder();
      const bucket = server.folder ?? "";
      for (const input of [path.join(folder, "in put"), path.join(bucket, "in put")]) {
        await mkdir(input);
        for (let file = 0; file < 3; file++) {
          const lines = Array.from({ length: 4000 }, (_, index) =>
            index % 50 === 7
              ? "not a record"
              : JSON.stringify({ text: `${file} ${index} ${"lorem ipsum ".repeat(index % 60)}` }),
          );
          await writeFile(path.join(input, `${file} é%20.jsonl`), lines.join("\n"));
        }
      }
      const pipelineOf = async (name: string, input: string, output: string) => {
        const file = path.join(folder, name);
        await writeFile(
          file,
          `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 128KiB } }
steps:
  - sample: { fraction: 0.8 }
  - dedupe-exact
sink: { webdataset: { samplesPerShard: 400 } }
output: ${JSON.stringify(output)}
run: { workers: 2, checkpointInterval: 20ms, maxFailureRatio: 1 }
`,
        );
        return file;
      };
      const local = await pipelineOf("local.yaml", "./in put", "./out");
      expect(await runCli(["run", local, "--quiet"], { cwd: folder })).toMatchObject({ code: 0 });
      const expected = await datasetDigest(path.join(folder, "out"));

      const remote = await pipelineOf("s3.yaml", `s3://${testBucket}/in put`, `s3://${testBucket}/out`);
      const environment = server.environment;
      for (let killed = 0; ; killed++) {
        const child = spawn(process.execPath, [cliEntry, "run", remote, "--json"], {
          detached: true,
          cwd: folder,
          env: { ...process.env, ...environment },
          stdio: ["ignore", "pipe", "pipe"],
        });
        let said = "";
        let entries = 0;
        const watch = (text: Buffer) => {
          said += String(text);
          entries += String(text).split('"checkpoint').length - 1;
          if (killed < kills && entries > killed * 2 && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        };
        child.stdout.on("data", watch);
        child.stderr.on("data", watch);
        const code = await new Promise<number | null>((resolve) => child.once("close", (status) => resolve(status)));
        if (code === null) continue;
        expect(code, said).toBe(0);
        expect(killed).toBeGreaterThanOrEqual(1);
        break;
      }
      const digest = await datasetDigest(path.join(bucket, "out"));
      // Quarantine, outcome logs and manifest name the place that a sample came from; shards hold what it is.
      const shards = (all: ReadonlyMap<string, string>) => [...all].filter(([name]) => name.startsWith("shard-"));
      expect(shards(digest)).toEqual(shards(expected));
      expect([...digest.keys()]).toEqual([...expected.keys()]);
      expect((await readdir(path.join(bucket, "out"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);

      const output = `s3://${testBucket}/out`;
      const cli = (...args: string[]) => runCli(args, { cwd: folder, environment });
      expect(await cli("checkpoints", "verify", output)).toMatchObject({ code: 0 });
      expect((await cli("checkpoints", "list", output)).stdout).toContain("all finished");
      expect((await cli("quarantine", "list", output)).stdout).toContain("RECORD_INVALID");
      const explained = await cli("explain", output, "0 é%20.jsonl:0");
      expect(explained.stdout, explained.stderr).toContain(`s3://${testBucket}/in put/0 é%20.jsonl`);
      expect(await cli("run", remote, "--quiet")).toMatchObject({ code: 0 });
    });

    test("over TLS, with a certificate that the environment trusts, large objects come whole", {
      timeout: 120_000,
    }, async () => {
      const folder = await temporaryFolder();
      const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
      const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      execFileSync(
        "openssl",
        ["req", "-x509", "-nodes", "-newkey", "rsa:2048", ...subject, "-keyout", key, "-out", cert],
        { stdio: "ignore" },
      );
      const lines = Array.from({ length: 40_000 }, (_, index) =>
        JSON.stringify({ text: `${index} ${"lorem ipsum ".repeat(index % 90)}` }),
      ).join("\n");
      for (const input of [folder, server.folder ?? ""]) await writeFile(path.join(input, "large.jsonl"), lines);
      const pipeline = (input: string) => ["run", input, "--quiet", "--to"];
      expect(await runCli([...pipeline("large.jsonl"), "out"], { cwd: folder })).toMatchObject({ code: 0 });
      const proxy = await startFaultProxy(server.endpoint, () => undefined, {
        key: await readFile(key),
        cert: await readFile(cert),
      });
      const environment = { ...server.environment, AWS_ENDPOINT_URL: proxy.endpoint, NODE_EXTRA_CA_CERTS: cert };
      const remote = [...pipeline(`s3://${testBucket}/large.jsonl`), `s3://${testBucket}/tls`];
      expect(await runCli(remote, { cwd: folder, environment })).toMatchObject({ code: 0 });
      const untrusted = { ...environment, NODE_EXTRA_CA_CERTS: "", AWS_MAX_ATTEMPTS: "1" };
      const refused = await runCli(remote, { cwd: folder, environment: untrusted });
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain("certificate");
      await proxy.stop();
      const shardsOf = async (output: string) =>
        [...(await datasetDigest(output))].filter(([name]) => name.startsWith("shard-"));
      expect(await shardsOf(path.join(server.folder ?? "", "tls"))).toEqual(await shardsOf(path.join(folder, "out")));
    });

    test("an input that is not there and credentials that are not accepted are told before anything starts", {
      timeout: 60_000,
    }, async () => {
      const folder = await temporaryFolder();
      const missing = await runCli(["run", `s3://${testBucket}/none`, "--to", `s3://${testBucket}/out2`], {
        cwd: folder,
        environment: server.environment,
      });
      expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("INPUT_NOT_FOUND") });
      const noBucket = await runCli(["run", "s3://no-such-bucket/none", "--to", `s3://${testBucket}/out2`], {
        cwd: folder,
        environment: server.environment,
      });
      expect(noBucket.stderr).toMatch(/INPUT_NOT_FOUND.*there is no such bucket/s);
      const secret = "wrong-secret-of-nobody";
      const wrong = await runCli(["run", `s3://${testBucket}/none`, "--to", `s3://${testBucket}/out2`], {
        cwd: folder,
        environment: { ...server.environment, AWS_SECRET_ACCESS_KEY: secret, LOG_LEVEL: "debug" },
      });
      expect(wrong.stderr).toContain("STORAGE_UNAUTHORIZED");
      expect(wrong.stdout + wrong.stderr).not.toContain(secret);
      expect(wrong.stdout + wrong.stderr).not.toContain(server.environment.AWS_ACCESS_KEY_ID);
    });
  },
);
