// Reads numbered objects of a prefix, 64 at once, and reports. Arguments: `ours` (the storage layer) or `sdk` (the AWS
// SDK with as many connections), bucket, prefix, number of objects, bytes of each.
import { Agent } from "node:http";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { s3Settings } from "../../src/storage/s3/s3-settings.ts";
import { createS3Storage } from "../../src/storage/s3/s3-storage.ts";

const [client = "", bucket = "", prefix = "", count = "0", bytes = "0"] = process.argv.slice(2);
const atOnce = 64;

type Read = (key: string) => Promise<Uint8Array>;

function withStorage(): Read {
  const storage = createS3Storage(s3Settings(process.env));
  return (key) => storage.read(`s3://${bucket}/${key}`);
}

function withSdk(): Read {
  const s3 = new S3Client({
    forcePathStyle: true,
    requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: atOnce }) },
  });
  return async (key) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  };
}

const started = performance.now();
const read = client === "ours" ? withStorage() : withSdk();
let next = 0;
let received = 0;
const lane = async () => {
  while (next < Number(count)) {
    const { byteLength } = await read(`${prefix}/${String(next++).padStart(6, "0")}`);
    received += byteLength;
  }
};
await Promise.all(Array.from({ length: atOnce }, lane));
if (received !== Number(count) * Number(bytes)) throw new Error(`received ${received} bytes`);
const workSeconds = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ items: Number(count), workSeconds })}\n`);
process.exit(0);
