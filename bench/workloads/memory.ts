import path from "node:path";
import { type PipelineJob, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import type { Absent, Goal, Measured, Side, SizeName, Workload } from "../harness/workload.ts";
import { documentFolder } from "../inputs/documents.ts";
import { jpegFolder } from "../inputs/jpegs.ts";
import { imagePipeline } from "./images.ts";
import { textPipeline } from "./text-rules.ts";

/** Times the input of the first run. */
const scales: { readonly [size in SizeName]: readonly number[] } = { small: [1, 10], full: [1, 10, 100] };

/** Our own job at every scale; what is compared with peers is the largest. */
function growingSide(jobs: readonly { readonly scale: number; readonly job: PipelineJob }[]): Side {
  return {
    name: "multimodal-pipeline",
    kind: "ours",
    async run(): Promise<Measured> {
      const peaks: Record<string, number> = {};
      const found: Measured[] = [];
      for (const { scale, job } of jobs) {
        const measured = await runPipeline(job);
        peaks[`peak at ${scale}x, MiB`] = measured.peakBytes / 2 ** 20;
        found.push(measured);
      }
      const [first, last] = [found.at(0), found.at(-1)];
      if (first === undefined || last === undefined) throw new Error("no scale was run");
      return { ...last, figures: { ...peaks, [slope]: last.peakBytes / first.peakBytes } };
    },
  };
}

const slope = "peak at the largest input over that at the smallest";

function goalsOf(size: SizeName, more: readonly Goal[]): readonly Goal[] {
  return [
    { kind: "figure", figure: `peak at ${scales[size].at(-1)}x, MiB`, unit: "", atMost: 256 },
    { kind: "figure", figure: slope, unit: "", atMost: 1.2 },
    ...more,
  ];
}

/** Enough at 1x for both workers to be at work and their heaps warm. */
const images: { readonly [size in SizeName]: number } = { small: 40, full: 100 };
const documents: { readonly [size in SizeName]: number } = { small: 1000, full: 10_000 };
const picture = { width: 1200, height: 900, detail: 0.62, distinct: 50 };

export const w9: Workload = {
  id: "W9",
  title: "peak memory of W1's job as the input grows, pictures of 1200 x 900",
  unit: "images",
  environments: ["ray", "daft"],
  mostRuns: 2,
  async prepare({ size, folder }) {
    const jobs = [];
    let largest = "";
    for (const scale of scales[size]) {
      const items = images[size] * scale;
      const input = await jpegFolder({ ...picture, count: items });
      largest = input;
      const pipeline = imagePipeline(input, "jpg");
      jobs.push({ scale, job: { folder, name: `ours-${scale}`, pipeline, workers: 2, items } });
    }
    const args = (output: string) => ["--input", largest, "--output", path.join(folder, output), "--mode", "expert"];
    const peers: readonly (Side | Absent)[] = [
      peerSide({
        name: "Ray bytes + OpenCV",
        kind: "expert",
        from: "ray",
        script: "ray_images.py",
        args: args("ray"),
      }),
      peerSide({ name: "Daft + OpenCV", kind: "expert", from: "daft", script: "daft_images.py", args: args("daft") }),
    ];
    return {
      input: `${images[size]} JPEGs as in W1, and ${scales[size].slice(1).join(" and ")} times as many; peers have the most`,
      sides: [growingSide(jobs), ...peers],
      goals: goalsOf(size, [{ kind: "ratio", of: "memory", against: "Ray bytes + OpenCV", atLeast: 4 }]),
    };
  },
};

export const w9t: Workload = {
  id: "W9t",
  title: "peak memory of W3's job as the input grows",
  unit: "documents",
  environments: ["text"],
  mostRuns: 2,
  async prepare({ size, folder }) {
    const jobs = [];
    let largest = "";
    for (const scale of scales[size]) {
      const items = documents[size] * scale;
      const input = await documentFolder(items, 16);
      largest = input;
      const pipeline = textPipeline(input, "whitespace");
      jobs.push({ scale, job: { folder, name: `ours-${scale}`, pipeline, workers: 2, items } });
    }
    const items = documents[size] * 10;
    const datatrove = peerSide({
      name: "datatrove, white-space words, at 10x",
      kind: "expert",
      from: "text",
      script: "datatrove_text.py",
      args: [
        "--input",
        size === "small" ? largest : await documentFolder(items, 16),
        "--output",
        path.join(folder, "datatrove"),
        "--mode",
        "expert",
        "--items",
        String(items),
      ],
    });
    return {
      input: `${documents[size]} documents as in W3, and ${scales[size].slice(1).join(" and ")} times as many`,
      sides: [growingSide(jobs), datatrove],
      goals: goalsOf(size, []),
    };
  },
};
