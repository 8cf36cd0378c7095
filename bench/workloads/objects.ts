import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { missingServer, serverCredentials, startServer } from "../../scripts/s3-server.ts";
import { memoryOptions } from "../../src/executors/local/worker-process.ts";
import { startFaultProxy } from "../../test/fixtures/fault-proxy.ts";
import { outputOf, type PipelineJob, readTotals, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide, programSide } from "../harness/reporting-side.ts";
import type { Goal, Side, SizeName, Workload } from "../harness/workload.ts";
import { thumbnails } from "../inputs/thumbnails.ts";

const bytes = 10_000;
const bucket = "bench-bucket";
const program = path.join(import.meta.dirname, "../parts/read-s3-objects.ts");

interface ObjectsWorkload {
  readonly id: string;
  readonly title: string;
  readonly counts: { readonly [size in SizeName]: number };
  /** How much later every request reaches the server. */
  readonly delayMilliseconds: number;
  readonly goals: readonly Goal[];
}

function objectsWorkload({ id, title, counts, delayMilliseconds, goals }: ObjectsWorkload): Workload {
  return {
    id,
    title,
    unit: "objects",
    environments: ["s3", "daft"],
    async prepare({ size, folder, atEnd }) {
      const absent = missingServer();
      if (absent !== undefined) throw new Error(absent);
      const count = counts[size];
      const root = path.join(folder, "server");
      const objects = path.join(root, bucket, "small");
      mkdirSync(objects, { recursive: true });
      const thumbnail = await thumbnails(bytes);
      for (let index = 0; index < count; index++)
        writeFileSync(path.join(objects, objectName(index)), thumbnail(index));
      const server = await startServer(root);
      atEnd(() => void server.child.kill("SIGKILL"));
      let { endpoint } = server;
      if (delayMilliseconds > 0) {
        const proxy = await startFaultProxy(endpoint, () => ({ kind: "late", milliseconds: delayMilliseconds }));
        atEnd(() => proxy.stop());
        ({ endpoint } = proxy);
      }
      const environment = { ...serverCredentials, AWS_ENDPOINT_URL: endpoint, AWS_REGION: "us-east-1" };
      const served = { environment, hasServer: true };
      const job: PipelineJob = {
        folder,
        name: "ours",
        pipeline: `source: { files: { path: "s3://${bucket}/small/" } }\nsink: "null"`,
        workers: 2,
        items: count,
        ...served,
      };
      const numbers = [bucket, "small", String(count), String(bytes)];
      const ours: Side = {
        name: "multimodal-pipeline",
        kind: "ours",
        note: "listing, ledger and outcome log included; the peers know the names",
        run: () => runPipeline(job),
        async check() {
          const { written } = readTotals(outputOf(job));
          return { isEqual: written === count, said: `${written} read` };
        },
      };
      return {
        input: `${count} JPEGs of 160 x 120, ${bytes} bytes each, on a versitygw of this machine${delayMilliseconds > 0 ? `, each answer ${delayMilliseconds} ms later` : ""}`,
        sides: [
          ours,
          programSide({
            ...served,
            name: "its storage layer by itself",
            kind: "ours, part",
            note: "one process, 64 objects at once",
            program: process.execPath,
            args: [...memoryOptions, program, "ours", ...numbers],
          }),
          peerSide({
            ...served,
            name: "boto3, 64 threads",
            kind: "documented",
            from: "s3",
            script: "boto3_objects.py",
            args: ["documented", ...numbers],
          }),
          peerSide({
            ...served,
            name: "boto3, 2 processes of 32 threads",
            kind: "expert",
            from: "s3",
            script: "boto3_objects.py",
            args: ["expert", ...numbers],
          }),
          programSide({
            ...served,
            name: "AWS SDK for JavaScript",
            kind: "documented",
            program: process.execPath,
            args: [program, "sdk", ...numbers],
          }),
          peerSide({
            ...served,
            name: "Daft download",
            kind: "expert",
            from: "daft",
            script: "daft_objects.py",
            args: numbers,
          }),
        ],
        goals,
      };
    },
  };
}

const objectName = (index: number) => String(index).padStart(6, "0");

export const w8 = objectsWorkload({
  id: "W8",
  title: "many small objects from an S3 server on this machine, signed requests",
  counts: { small: 2000, full: 10_000 },
  delayMilliseconds: 0,
  goals: [
    { kind: "ratio", of: "time", against: "boto3, 64 threads", atLeast: 5 },
    { kind: "ratio", of: "time", against: "Daft download", atLeast: 0.8 },
  ],
});

export const w8b = objectsWorkload({
  id: "W8b",
  title: "the same, with every answer 20 ms away",
  counts: { small: 1000, full: 10_000 },
  delayMilliseconds: 20,
  goals: [],
});
