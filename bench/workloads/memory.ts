import path from "node:path";
import { type PipelineJob, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import type { Absent, Goal, Measured, Side, SizeName, Workload } from "../harness/workload.ts";
import { documentFolder } from "../inputs/documents.ts";
import { jpegFolder } from "../inputs/jpegs.ts";
import { imageInputs, imagePipeline } from "./images.ts";
import { textPipeline } from "./text-rules.ts";

/** Times the input of the first run. */
const scales: { readonly [size in SizeName]: readonly number[] } = { small: [1, 10], full: [1, 10, 100] };

/** Of the input that peers have: what they take at most has shown by then, and the slowest ends within minutes. */
const scaleOfPeers = 10;

/** Our own job at every scale; what is compared with peers is the one at theirs. */
function growingSide(jobs: readonly { readonly scale: number; readonly job: PipelineJob }[]): Side {
  return {
    name: "multimodal-pipeline",
    kind: "ours",
    async run(): Promise<Measured> {
      const peaks: Record<string, number> = {};
      const found = new Map<number, Measured>();
      for (const { scale, job } of jobs) {
        const measured = await runPipeline(job);
        peaks[`peak at ${scale}x, MiB`] = measured.peakBytes / 2 ** 20;
        found.set(scale, measured);
      }
      const [first, compared] = [found.get(1), found.get(scaleOfPeers)];
      const last = [...found.values()].at(-1);
      if (first === undefined || compared === undefined || last === undefined) throw new Error("a scale was not run");
      return { ...compared, figures: { ...peaks, [slope]: last.peakBytes / first.peakBytes } };
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

/** A second or two at 1x, so that both workers' heaps have filled: 100 pictures end while they still grow. */
const images: { readonly [size in SizeName]: number } = { small: 40, full: 1000 };
const documents: { readonly [size in SizeName]: number } = { small: 1000, full: 10_000 };

export const w9: Workload = {
  id: "W9",
  title: "peak memory of W1's job as the input grows",
  unit: "images",
  environments: ["ray", "daft"],
  mostRuns: 2,
  async prepare({ size, folder }) {
    const jobs = [];
    const inputOf = (scale: number) => jpegFolder({ ...imageInputs[size], count: images[size] * scale });
    for (const scale of scales[size]) {
      const pipeline = imagePipeline(await inputOf(scale), "jpg");
      const items = images[size] * scale;
      jobs.push({ scale, job: { folder, name: `ours-${scale}`, pipeline, workers: 2, items } });
    }
    const input = await inputOf(scaleOfPeers);
    const args = (output: string) => ["--input", input, "--output", path.join(folder, output), "--mode", "expert"];
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
      input: `${images[size]} JPEGs as in W1, and ${scales[size].slice(1).join(" and ")} times as many; compared at ${scaleOfPeers}x`,
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
    const inputOf = (scale: number) => documentFolder(documents[size] * scale, 16);
    for (const scale of scales[size]) {
      const pipeline = textPipeline(await inputOf(scale), "whitespace");
      const items = documents[size] * scale;
      jobs.push({ scale, job: { folder, name: `ours-${scale}`, pipeline, workers: 2, items } });
    }
    const items = documents[size] * scaleOfPeers;
    const output = path.join(folder, "datatrove");
    const args = ["--input", await inputOf(scaleOfPeers), "--output", output, "--mode", "expert"];
    const datatrove = peerSide({
      name: "datatrove, white-space words",
      kind: "expert",
      from: "text",
      script: "datatrove_text.py",
      args: [...args, "--items", String(items)],
    });
    return {
      input: `${documents[size]} documents as in W3, and ${scales[size].slice(1).join(" and ")} times as many; compared at ${scaleOfPeers}x`,
      sides: [growingSide(jobs), datatrove],
      goals: goalsOf(size, []),
    };
  },
};
