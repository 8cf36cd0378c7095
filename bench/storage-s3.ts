// Reads from a local S3 server, against boto3 with 64 threads (many small objects) and curl (one large one), pair by
// pair in one run, after the bytes were found equal. Both have read once before, unmeasured. Client and server share
// the machine: the client's CPU seconds and the server's are told too. PYTHON names an interpreter with boto3.
// node bench/storage-s3.ts [objects] [pairs]
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { serverCredentials, startServer } from "../scripts/s3-server.ts";
import { memoryOptions } from "../src/executors/local/worker-process.ts";
import { s3Settings } from "../src/storage/s3/s3-settings.ts";
import { createS3Storage } from "../src/storage/s3/s3-storage.ts";
import type { Storage } from "../src/storage/storage.ts";

const [objects = 10_000, pairs = 3] = process.argv.slice(2).map(Number);
const objectBytes = 10_000;
const largeBytes = 512 * 2 ** 20;
const atOnce = 64;
const bucket = "bench-bucket";

interface Measured {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly sha256: string;
}

const measured = z.object({ seconds: z.number(), cpuSeconds: z.number(), sha256: z.string() });

async function forEachName(visit: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < objects) await visit(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

const uriOf = (index: number) => `s3://${bucket}/small/${String(index).padStart(5, "0")}`;

async function measureOurs(storage: Storage): Promise<Measured> {
  const bodies: Uint8Array[] = [];
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  await forEachName(async (index) => {
    bodies[index] = await storage.read(uriOf(index));
  });
  const hash = createHash("sha256");
  for (const body of bodies) hash.update(body);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6, sha256: hash.digest("hex") };
}

interface Large {
  readonly megabytesPerSecond: number;
  readonly cpuSeconds: number;
  readonly serverCpuSeconds: number;
}

async function measureLarge(storage: Storage, uri: string, server: ChildProcess): Promise<Large> {
  const [cpu, before, started] = [process.cpuUsage(), cpuSecondsOf(server), performance.now()];
  let bytes = 0;
  for await (const piece of storage.stream(uri)) bytes += piece.byteLength;
  if (bytes !== largeBytes) throw new Error(`received ${bytes} of ${largeBytes} bytes`);
  const megabytesPerSecond = largeBytes / 1e6 / ((performance.now() - started) / 1000);
  const { user, system } = process.cpuUsage(cpu);
  return { megabytesPerSecond, cpuSeconds: (user + system) / 1e6, serverCpuSeconds: cpuSecondsOf(server) - before };
}

function measureCurl(endpoint: string, server: ChildProcess): Large {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = serverCredentials;
  const signing = ["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", `${id}:${secret}`];
  const hash = ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];
  const report = ["-s", "-o", "/dev/null", "-w", "%{size_download} %{time_total}\\n"];
  const before = cpuSecondsOf(server);
  const args = [...signing, ...hash, ...report, `${endpoint}/${bucket}/large`];
  // The last line of `times` is what the shell's children took: `0m0.10s 0m0.20s`.
  const said = execFileSync("sh", ["-c", '"$@"; times', "sh", "curl", ...args]).toString();
  const [bytes, seconds] = said.split("\n", 1).join("").split(" ").map(Number);
  if (bytes !== largeBytes || seconds === undefined) throw new Error(`curl received ${bytes} bytes`);
  const times =
    said
      .trimEnd()
      .split("\n")
      .at(-1)
      ?.matchAll(/(\d+)m([\d.]+)s/g) ?? [];
  let cpuSeconds = 0;
  for (const [, minutes, rest] of times) cpuSeconds += Number(minutes) * 60 + Number(rest);
  const serverCpuSeconds = cpuSecondsOf(server) - before;
  return { megabytesPerSecond: largeBytes / 1e6 / seconds, cpuSeconds, serverCpuSeconds };
}

/** Clock ticks of Linux are hundredths of a second. */
function cpuSecondsOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const shown = ({ megabytesPerSecond, cpuSeconds, serverCpuSeconds }: Large) =>
  `${megabytesPerSecond.toFixed(0)} MB/s, ${cpuSeconds.toFixed(2)} s CPU, server ${serverCpuSeconds.toFixed(2)} s`;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const say = (line: string) => process.stdout.write(`${line}\n`);

// As a worker has it, who is the one to read.
if (process.execArgv.length === 0) {
  const again = [...memoryOptions, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, again, { stdio: "inherit" }).status ?? 1);
}

const root = mkdtempSync(path.join(tmpdir(), "bench-s3-"));
mkdirSync(path.join(root, bucket));
const server = await startServer(root);
Object.assign(process.env, serverCredentials);
const environment = { ...process.env, AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: "us-east-1" };
try {
  const storage = createS3Storage(s3Settings(environment));
  await forEachName((index) => storage.put(uriOf(index), Buffer.alloc(objectBytes, String(index))));
  const writer = await storage.create(`s3://${bucket}/large`, "1");
  for (let slab = 0; slab < largeBytes / 2 ** 20; slab++) await writer.write(Buffer.alloc(2 ** 20, slab));
  await writer.commit();

  const python = process.env.PYTHON ?? "python3";
  const script = path.join(import.meta.dirname, "storage-s3.py");
  const args = [script, bucket, "small", String(objects), String(pairs)];
  const peer = spawn(python, args, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  await measureOurs(storage);
  const small: { readonly ours: Measured; readonly theirs: Measured }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    peer.stdin.write("\n");
    const theirs = measured.parse(JSON.parse(String((await answers.next()).value)));
    const ours = await measureOurs(storage);
    if (ours.sha256 !== theirs.sha256) throw new Error("the two did not read the same bytes");
    small.push({ ours, theirs });
    say(
      `small  ours ${ours.seconds.toFixed(2)} s, ${((ours.cpuSeconds / objects) * 1e6).toFixed(0)} µs CPU an object; boto3 ${theirs.seconds.toFixed(2)} s, ${((theirs.cpuSeconds / objects) * 1e6).toFixed(0)} µs`,
    );
  }
  peer.stdin.end();
  say(
    `small  ${median(small.map(({ ours, theirs }) => theirs.seconds / ours.seconds)).toFixed(1)} times boto3 (median of ${pairs})`,
  );
  const large: { readonly ours: Large; readonly theirs: Large }[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const theirs = measureCurl(server.endpoint, server.child);
    const ours = await measureLarge(storage, `s3://${bucket}/large`, server.child);
    if (pair > 0) large.push({ ours, theirs });
    say(`large  ours ${shown(ours)}; curl ${shown(theirs)}${pair === 0 ? " (not counted)" : ""}`);
  }
  const speed = median(large.map(({ ours, theirs }) => ours.megabytesPerSecond / theirs.megabytesPerSecond));
  const cpu = median(large.map(({ ours, theirs }) => ours.cpuSeconds / theirs.cpuSeconds));
  say(`large  ${(speed * 100).toFixed(0)} % of curl, with ${cpu.toFixed(2)} times its CPU (medians of ${pairs})`);
} finally {
  server.child.kill("SIGKILL");
  rmSync(root, { recursive: true });
}
