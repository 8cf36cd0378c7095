import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { growthJobs } from "../harness/growth-jobs.ts";
import { readParquet } from "../harness/parquet-outputs.ts";
import { outputOf, type PipelineJob, readTotals, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import { readTarSamples } from "../harness/tar-outputs.ts";
import type { Absent, Goal, Side, SideKind, SizeName, Verdict, Workload } from "../harness/workload.ts";
import { pairFolder } from "../inputs/image-pairs.ts";

const counts: { readonly [size in SizeName]: number } = { small: 4000, full: 100_000 };

interface ShardWorkload {
  readonly id: string;
  readonly title: string;
  readonly sink: "webdataset" | "parquet";
  readonly environments: readonly string[];
  readonly peers: readonly ShardPeer[];
  readonly goals: readonly Goal[];
}

interface ShardPeer {
  readonly name: string;
  readonly kind: SideKind;
  readonly from: string;
  readonly writer: "webdataset" | "mds" | "pyarrow";
  readonly processes: number;
}

/** One digest for all images of a dataset, whatever their order. */
type Contents = { readonly images: number; readonly digest: string };

function contentsOf(images: readonly Uint8Array[]): Contents {
  const digests = images.map((image) => createHash("sha1").update(image).digest("hex")).toSorted();
  return { images: images.length, digest: createHash("sha1").update(digests.join()).digest("hex") };
}

function digestOf(image: Uint8Array): Uint8Array {
  return createHash("sha1").update(image).digest();
}

async function contentsIn(folder: string, writer: "webdataset" | "parquet"): Promise<Contents> {
  if (writer === "webdataset") {
    const samples = await readTarSamples(folder, digestOf);
    return contentsOf([...samples.values()].flatMap(({ image }) => image ?? []));
  }
  const found: Uint8Array[] = [];
  for await (const { image } of readParquet(folder, ["image"])) {
    if (image instanceof Uint8Array) found.push(digestOf(image));
  }
  return contentsOf(found);
}

function inputContents(folder: string): Contents {
  const names = readdirSync(folder).filter((name) => name.endsWith(".jpg"));
  return contentsOf(names.map((name) => digestOf(readFileSync(path.join(folder, name)))));
}

function verdict(found: Contents, expected: Contents): Verdict {
  const isEqual = found.images === expected.images && found.digest === expected.digest;
  return {
    isEqual,
    said: isEqual ? `${found.images} images, byte for byte` : `${found.images} images, others than given`,
  };
}

/** Its shards are not read here: their size says that everything is in them. */
function bySize(folder: string, leastBytes: number): Verdict {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const bytes = names.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
  return { isEqual: bytes >= leastBytes, said: `${(bytes / 1e6).toFixed(0)} MB, not less than the images` };
}

function shardWorkload({ id, title, sink, environments, peers, goals }: ShardWorkload): Workload {
  const pipelineOf = (folder: string) =>
    `source: { files: { path: ${folder}, sidecarAttributes: true } }\nsink: ${sink}`;
  return {
    id,
    title,
    unit: "samples",
    environments,
    async prepare({ size, folder }) {
      const items = counts[size];
      const input = await pairFolder(items);
      const expected = inputContents(input);
      const images = readdirSync(input).filter((name) => name.endsWith(".jpg"));
      const imageBytes = images.reduce((sum, name) => sum + statSync(path.join(input, name)).size, 0);
      const job: PipelineJob = { folder, name: "ours", pipeline: pipelineOf(input), workers: 2, items };
      const ours: Side = {
        name: `multimodal-pipeline, ${sink}`,
        kind: "ours",
        note: "hashes and syncs every shard, keeps ledger and outcome log",
        run: () => runPipeline(job),
        async check() {
          const { written } = readTotals(outputOf(job));
          if (written !== items) return { isEqual: false, said: `${written} of ${items} written` };
          return verdict(await contentsIn(outputOf(job), sink), expected);
        },
      };
      const others = peers.map((peer, index): Side | Absent => {
        const output = path.join(folder, `peer-${index}`);
        return peerSide({
          name: peer.name,
          kind: peer.kind,
          from: peer.from,
          script: "write_shards.py",
          args: [peer.writer, input, output, String(peer.processes)],
          async check() {
            if (peer.writer === "mds") return bySize(output, imageBytes);
            return verdict(await contentsIn(output, sink), expected);
          },
        });
      });
      return {
        input: `${items} files <name>.jpg of ${Math.round(imageBytes / items / 1000)} KB, each with a <name>.json`,
        sides: [ours, ...others],
        goals,
      };
    },
    growth: ({ size, folder }) =>
      growthJobs(folder, counts[size], async (count) => pipelineOf(await pairFolder(count))),
  };
}

export const w11 = shardWorkload({
  id: "W11",
  title: "jpg + json files -> WebDataset tar, into the page cache",
  sink: "webdataset",
  environments: ["media", "streaming"],
  peers: [
    { name: "ShardWriter", kind: "documented", from: "media", writer: "webdataset", processes: 1 },
    { name: "ShardWriter, 2 processes", kind: "expert", from: "media", writer: "webdataset", processes: 2 },
    { name: "MDSWriter", kind: "documented", from: "streaming", writer: "mds", processes: 1 },
  ],
  goals: [{ kind: "ratio", of: "time", against: "ShardWriter", atLeast: 2 }],
});

export const w11p = shardWorkload({
  id: "W11p",
  title: "jpg + json files -> Parquet",
  sink: "parquet",
  environments: ["media"],
  peers: [
    { name: "pyarrow", kind: "documented", from: "media", writer: "pyarrow", processes: 1 },
    { name: "pyarrow, 2 processes", kind: "expert", from: "media", writer: "pyarrow", processes: 2 },
  ],
  goals: [],
});
