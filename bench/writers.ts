/**
 * W11: how fast shards are written, into the page cache. Samples of one 100 KB image and one small
 * JSON go through the `webdataset` sink and through Python's
 * `webdataset.ShardWriter`, pair by pair in one run, after a comparison of the images. Ours hashes on
 * the way; theirs is timed as it is and with SHA-256 of the finished shards.
 *
 *   node bench/writers.ts [--samples 3000] [--pairs 3] [--folder /dev/shm]
 *
 * `PYTHON` names an interpreter with `webdataset`; without one, only our figures are printed.
 * Prints samples/s until everything is written and, beside it, until it is durable.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer as readBytes } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { extract } from "tar-stream";
import { z } from "zod";
import type { EncodedSample } from "../src/contract/sink.ts";
import { jsonl } from "../src/sinks/jsonl.ts";
import { parquet } from "../src/sinks/parquet.ts";
import { webdataset } from "../src/sinks/webdataset.ts";

const imageBytes = 100_000;
const { values } = parseArgs({
  options: {
    samples: { type: "string", default: "3000" },
    pairs: { type: "string", default: "3" },
    folder: { type: "string", default: tmpdir() },
  },
});
const count = Number(values.samples);
const python = process.env.PYTHON ?? "python3";

/** 64 images whose bytes do not compress; what Python makes of the same seeds is equal. */
const images = Array.from({ length: 64 }, (_, i) =>
  createHash("shake256", { outputLength: imageBytes }).update(`image ${i}`).digest(),
);
const shardWriter = `
import glob, hashlib, json, sys, time, webdataset
folder, count = sys.argv[1], int(sys.argv[2])
images = [hashlib.shake_256(b"image %d" % i).digest(${imageBytes}) for i in range(64)]
start = time.perf_counter()
with webdataset.ShardWriter(folder + "/%06d.tar", maxcount=10**9, maxsize=256 * 2**20, verbose=0) as writer:
    for i in range(count):
        writer.write({"__key__": "%012d" % i, "jpg": images[i % 64], "json": {"id": "photos/%d.jpg" % i, "attributes": {"width": 640}}})
written = time.perf_counter()
for name in glob.glob(folder + "/*.tar"):
    with open(name, "rb") as file:
        hashlib.file_digest(file, "sha256").hexdigest()
print(json.dumps([count / (end - start) for end in (written, time.perf_counter())]))`;

interface Rates {
  readonly written: number;
  readonly durable: number;
}

interface PeerRates {
  readonly written: number;
  readonly hashed: number;
}

function samplesFrom(start: number, end: number): EncodedSample[] {
  const batch: EncodedSample[] = [];
  for (let i = start; i < end; i++) {
    const bytes = images[i % images.length] ?? Buffer.alloc(0);
    batch.push({
      id: `photos/${i}.jpg`,
      key: String(i).padStart(12, "0"),
      parts: [{ kind: "image", name: "image", mediaType: "image/jpeg", bytes }],
      attributes: { width: 640 },
    });
  }
  return batch;
}

async function ours(sink: typeof webdataset | typeof jsonl | typeof parquet, folder: string): Promise<Rates> {
  const opened =
    sink.name === "webdataset"
      ? await webdataset.open(webdataset.options.parse({}))
      : sink.name === "parquet"
        ? await parquet.open(parquet.options.parse({}))
        : await jsonl.open(jsonl.options.parse({}));
  const start = performance.now();
  const writer = await opened.openWriter({ uri: folder, split: 0, attempt: "bench" });
  for (let at = 0; at < count; at += 64) await writer.write(samplesFrom(at, Math.min(at + 64, count)));
  const written = performance.now();
  await writer.commit();
  const rate = (end: number) => count / ((end - start) / 1000);
  return { written: rate(written), durable: rate(performance.now()) };
}

async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(values.folder, "bench-writers-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compares what tar-stream reads of both archives, image by image. Nothing to compare without Python. */
async function expectEqualMembers(folder: string): Promise<void> {
  if (theirs(folder) === undefined) return;
  await ours(webdataset, folder);
  const [peer, mine] = await Promise.all(
    ["000000.tar", "shard-000000-0000.tar"].map((name) => imagesIn(path.join(folder, name))),
  );
  if (peer === undefined || mine === undefined || peer.length === 0) throw new Error("no archive to compare");
  const common = Math.min(peer.length, mine.length);
  if (peer.slice(0, common).join() !== mine.slice(0, common).join())
    throw new Error("the archives hold different images");
  console.log(`equal: the first ${common} images of both writers`);
}

async function imagesIn(archive: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of createReadStream(archive).pipe(extract())) {
    const content = await readBytes(entry);
    if (entry.header.name.endsWith(".jpg"))
      found.push(`${entry.header.name} ${createHash("sha256").update(content).digest("hex")}`);
  }
  return found;
}

/** Undefined when the interpreter or the library is missing. */
function theirs(folder: string): PeerRates | undefined {
  try {
    const output = execFileSync(python, ["-c", shardWriter, folder, String(count)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [written = 0, hashed = 0] = z.array(z.number()).parse(JSON.parse(output));
    return { written, hashed };
  } catch {
    // Said in the line that is printed for it.
    return undefined;
  }
}

function line(name: string, perSecond: number, then: string, thenPerSecond: number): string {
  const throughput = (rate: number) => `${Math.round(rate)} samples/s (${Math.round((rate * imageBytes) / 1e6)} MB/s)`;
  return `${name.padEnd(22)} ${throughput(perSecond)}, ${then} ${throughput(thenPerSecond)}`;
}

await inFolder(expectEqualMembers);
for (let pair = 0; pair < Number(values.pairs); pair++) {
  const peer = await inFolder(theirs);
  const mine = await inFolder((folder) => ours(webdataset, folder));
  console.log(line("webdataset sink", mine.written, "durable", mine.durable));
  if (peer === undefined) {
    console.log(`ShardWriter            not run: ${python} with webdataset is missing`);
    continue;
  }
  console.log(line("ShardWriter (Python)", peer.written, "hashed", peer.hashed));
  console.log(
    `ratio ${(mine.written / peer.written).toFixed(2)}, both hashed ${(mine.written / peer.hashed).toFixed(2)}`,
  );
}
for (const sink of [parquet, jsonl]) {
  const { written, durable } = await inFolder((folder) => ours(sink, folder));
  console.log(line(`${sink.name} sink`, written, "durable", durable));
}
