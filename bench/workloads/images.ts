import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { growthJobs } from "../harness/growth-jobs.ts";
import { readParquetImages } from "../harness/parquet-outputs.ts";
import { outputOf, type PipelineJob, readTotals, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import { readTarSamples, type TarSample } from "../harness/tar-outputs.ts";
import type { Absent, Goal, Side, SideKind, SizeName, Workload } from "../harness/workload.ts";
import { countKinds, type JpegSet, jpegFolder } from "../inputs/jpegs.ts";
import { compareImages, type GateOptions } from "./image-gate.ts";

interface ImageWorkload {
  readonly id: string;
  readonly title: string;
  readonly inputs: { readonly [size in SizeName]: JpegSet };
  readonly format: "jpg" | "webp";
  readonly goals: readonly Goal[];
  readonly peers: readonly ImagePeer[];
}

interface ImagePeer {
  readonly name: string;
  readonly kind: SideKind;
  readonly from: string;
  readonly script: string;
  readonly note?: string;
  readonly gate?: GateOptions;
  /** It writes a folder, not one tar. */
  readonly writesFolder?: boolean;
  readonly writesParquet?: boolean;
}

const opencv: readonly ImagePeer[] = [
  { name: "OpenCV pool", kind: "expert", from: "media", script: "opencv_images.py" },
];
const opencvBoth: readonly ImagePeer[] = [
  { name: "OpenCV pool, whole decode", kind: "documented", from: "media", script: "opencv_images.py" },
  { name: "OpenCV pool, REDUCED", kind: "expert", from: "media", script: "opencv_images.py" },
];
const pillow: readonly ImagePeer[] = [
  { name: "Pillow pool", kind: "documented", from: "media", script: "pillow_images.py" },
  { name: "Pillow pool, draft()", kind: "expert", from: "media", script: "pillow_images.py" },
];
const hashless = { gate: { hasNoHash: true, ignoresOrientation: true }, writesFolder: true };
const img2dataset: readonly ImagePeer[] = [
  { name: "img2dataset", kind: "documented", from: "img2dataset", script: "img2dataset_images.py", ...hashless },
  { name: "img2dataset, tuned", kind: "expert", from: "img2dataset", script: "img2dataset_images.py", ...hashless },
];
const ray: readonly ImagePeer[] = [
  {
    name: "Ray read_images + PIL",
    kind: "documented",
    from: "ray",
    script: "ray_images.py",
    note: "has only files that do not end early: one that does ends its job",
    gate: { ignoresOrientation: true },
    writesFolder: true,
  },
  { name: "Ray bytes + OpenCV", kind: "expert", from: "ray", script: "ray_images.py", writesFolder: true },
];
const daft: readonly ImagePeer[] = [
  {
    name: "Daft",
    kind: "documented",
    from: "daft",
    script: "daft_images.py",
    note: "its resize takes width and height: turned pictures are squeezed; writes Parquet, knows no quality, no pHash",
    gate: { hasNoHash: true, ignoresOrientation: true },
    writesFolder: true,
    writesParquet: true,
  },
  {
    name: "Daft + OpenCV",
    kind: "expert",
    from: "daft",
    script: "daft_images.py",
    note: "writes Parquet",
    writesFolder: true,
    writesParquet: true,
  },
];

export function imagePipeline(folder: string, format: "jpg" | "webp"): string {
  return `
source: { files: { path: ${folder} } }
steps:
  - resize-image: { sizePixels: 256, mode: keep_ratio, quality: 80, format: ${format === "jpg" ? "jpeg" : "webp"} }
  - hash-image: { algorithms: [phash] }
sink: webdataset`;
}

function imageWorkload({ id, title, inputs, format, goals, peers }: ImageWorkload): Workload {
  return {
    id,
    title,
    unit: "images",
    environments: [...new Set(peers.map(({ from }) => from))],
    async prepare({ size, folder }) {
      const input = await jpegFolder(inputs[size]);
      const names = readdirSync(input).map((name) => path.parse(name).name);
      const kinds = countKinds(input);
      const job: PipelineJob = {
        folder,
        name: "ours",
        pipeline: imagePipeline(input, format),
        workers: 2,
        items: names.length,
      };
      let reference: ReadonlyMap<string, TarSample> | undefined;
      const ours: Side = {
        name: "multimodal-pipeline",
        kind: "ours",
        run: () => runPipeline(job),
        async check() {
          const { written, failed } = readTotals(outputOf(job));
          reference = await readTarSamples(outputOf(job));
          const isEqual = written === names.length - kinds.cut && failed === kinds.cut;
          return { isEqual, said: `${written} written, ${failed} of ${kinds.cut} files that end early in quarantine` };
        },
      };
      const others = peers.map((peer, index): Side | Absent => {
        const output = path.join(folder, `peer-${index}${peer.writesFolder === true ? "" : ".tar"}`);
        if (peer.writesFolder === true) mkdirSync(output, { recursive: true });
        return peerSide({
          ...peer,
          args: ["--input", input, "--output", output, "--format", format, "--mode", modeOf(peer)],
          async check() {
            if (reference === undefined) return { isEqual: true, said: "nothing of ours to compare with" };
            const hasHash = peer.gate?.hasNoHash !== true;
            const found = peer.writesParquet === true ? readParquetImages(output, hasHash) : readTarSamples(output);
            return compareImages(names, reference, await found, peer.gate ?? {});
          },
        });
      });
      const described = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
      const { width, height, distinct } = inputs[size];
      return {
        input: `${names.length} JPEGs of ${width} x ${height} (${described.join(", ")}; ${Math.min(distinct, names.length)} different ones, qualities 75, 88 and 95)`,
        sides: [ours, ...others, ...absentPeers],
        goals,
      };
    },
    growth: ({ size, folder }) =>
      growthJobs(folder, inputs[size].count, async (count) =>
        imagePipeline(await jpegFolder({ ...inputs[size], count }), format),
      ),
  };
}

/** The programs know two ways of doing it, by the kind of side. */
function modeOf({ kind }: ImagePeer): string {
  return kind === "expert" ? "expert" : "documented";
}

const absentPeers: readonly Absent[] = [
  { name: "Data-Juicer", kind: "documented", absent: "none of its operators resizes images" },
];

const small500: JpegSet = { count: 400, width: 500, height: 375, detail: 0.86, distinct: 100 };
const full500: JpegSet = { ...small500, count: 10_000, distinct: 200 };
/** Of W1, and of what is tried with its job. */
export const imageInputs: { readonly [size in SizeName]: JpegSet } = { small: small500, full: full500 };
const small2000: JpegSet = { count: 60, width: 2000, height: 1500, detail: 0.83, distinct: 50 };
const full2000: JpegSet = { ...small2000, count: 2000, distinct: 100 };

export const w1 = imageWorkload({
  id: "W1",
  title: "JPEG 500 x 375 -> 256 px -> JPEG q80 -> pHash -> WebDataset tar",
  inputs: imageInputs,
  format: "jpg",
  peers: [...opencv, ...pillow, ...ray, ...daft, ...img2dataset],
  goals: [
    { kind: "ratio", of: "time", against: "OpenCV pool", atLeast: 1.5 },
    { kind: "ratio", of: "time", against: "Ray bytes + OpenCV", atLeast: 3 },
    { kind: "ratio", of: "time", against: "Pillow pool, draft()", atLeast: 3 },
  ],
});

export const w1b = imageWorkload({
  id: "W1b",
  title: "the same into WebP q80, bound by the codec",
  inputs: { small: small500, full: { ...full500, count: 2000 } },
  format: "webp",
  peers: [...opencv, ...pillow],
  goals: [],
});

export const w2 = imageWorkload({
  id: "W2",
  title: "JPEG 2000 x 1500 -> 256 px -> JPEG q80 -> pHash -> WebDataset tar",
  inputs: { small: small2000, full: full2000 },
  format: "jpg",
  peers: [...opencvBoth, ...pillow, ...ray, ...daft, ...img2dataset],
  goals: [
    { kind: "ratio", of: "time", against: "img2dataset, tuned", atLeast: 2 },
    { kind: "ratio", of: "time", against: "Ray read_images + PIL", atLeast: 5 },
    { kind: "ratio", of: "time", against: "OpenCV pool, REDUCED", atLeast: 0.95 },
    { kind: "ratio", of: "time", against: "Pillow pool, draft()", atLeast: 0.95 },
  ],
});
