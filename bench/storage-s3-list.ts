// Lists a local S3 server from which every answer is some milliseconds away, as those of S3 are, against the pages of
// the AWS SDK one after the other, pair by pair in one run, after the keys were found equal.
// node bench/storage-s3-list.ts [milliseconds] [pairs]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { serverCredentials, startServer } from "../scripts/s3-server.ts";
import { s3Settings } from "../src/storage/s3/s3-settings.ts";
import { createS3Storage } from "../src/storage/s3/s3-storage.ts";
import { startFaultProxy } from "../test/fixtures/fault-proxy.ts";

const [milliseconds = 50, pairs = 3] = process.argv.slice(2).map(Number);

interface Shape {
  readonly name: string;
  readonly folders: number;
  readonly filesInEach: number;
  readonly lead: string;
}

const shapes: readonly Shape[] = [
  { name: "flat", folders: 1, filesInEach: 20_000, lead: "" },
  { name: "prefixes", folders: 200, filesInEach: 100, lead: "" },
  { name: "tiny", folders: 5000, filesInEach: 2, lead: "" },
  { name: "deep", folders: 200, filesInEach: 100, lead: "a/b/c/d" },
  { name: "classes", folders: 60, filesInEach: 1300, lead: "" },
];

function write(bucket: string, { name, folders, filesInEach, lead }: Shape): void {
  for (let folder = 0; folder < folders; folder++) {
    const inside = path.join(bucket, name, lead, String(folder).padStart(5, "0"));
    mkdirSync(inside, { recursive: true });
    for (let file = 0; file < filesInEach; file++)
      writeFileSync(path.join(inside, `${String(file).padStart(6, "0")}.jpg`), "");
  }
}

const root = mkdtempSync(path.join(tmpdir(), "bench-s3-list-"));
for (const shape of shapes) write(path.join(root, "bench-bucket"), shape);
const server = await startServer(root);
const proxy = await startFaultProxy(server.endpoint, () => ({ kind: "late", milliseconds }));
Object.assign(process.env, serverCredentials);
const storage = createS3Storage(s3Settings({ AWS_ENDPOINT_URL: proxy.endpoint, AWS_REGION: "us-east-1" }));
const client = new S3Client({ endpoint: proxy.endpoint, region: "us-east-1", forcePathStyle: true });

async function ours(name: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { uri } of storage.list(`s3://bench-bucket/${name}`))
    keys.push(uri.slice("s3://bench-bucket/".length));
  return keys;
}

async function theirs(name: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client },
    { Bucket: "bench-bucket", Prefix: `${name}/` },
  ))
    for (const { Key } of Contents) if (Key?.endsWith("/") === false) keys.push(Key);
  return keys;
}

async function measured(list: (name: string) => Promise<string[]>, name: string) {
  const [before, started] = [proxy.seen.length, performance.now()];
  const keys = await list(name);
  return { keys, seconds: (performance.now() - started) / 1000, requests: proxy.seen.length - before };
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

try {
  await ours("deep");
  await theirs("deep");
  for (const { name, folders, filesInEach } of shapes) {
    const ratios: number[] = [];
    let line = "";
    for (let pair = 0; pair < pairs; pair++) {
      const [peer, own] = [await measured(theirs, name), await measured(ours, name)];
      if (own.keys.join("\n") !== peer.keys.join("\n")) throw new Error(`${name}: the two did not list the same keys`);
      ratios.push(peer.seconds / own.seconds);
      line = `ours ${own.seconds.toFixed(2)} s, ${own.requests} requests; one by one ${peer.seconds.toFixed(2)} s, ${peer.requests}`;
    }
    process.stdout.write(
      `${name.padEnd(8)} ${folders} x ${filesInEach} keys  ${median(ratios).toFixed(1)} times as fast (median of ${pairs}); last: ${line}\n`,
    );
  }
} finally {
  server.child.kill("SIGKILL");
  await proxy.stop();
  rmSync(root, { recursive: true });
}
