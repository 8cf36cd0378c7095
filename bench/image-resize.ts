// JPEG -> 256 px -> JPEG: this project's resize-image in two processes beside an OpenCV pool of two.
//
//   node bench/image-resize.ts --python <python with opencv-python-headless and numpy> [--runs 5] [--photos <folder>]
//
// Inputs are made (500x375 and 2000x1500); --photos adds a folder of real JPEGs as a third workload. Runs alternate;
// the figure is the median of the ratios of neighbours. Outputs must agree before anything is timed.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { z } from "zod";
import { writeJpegs } from "./image-resize-inputs.ts";

const report = z.object({ images: z.number(), cpuMilliseconds: z.number(), seconds: z.number().optional() });
type Run = { readonly imagesPerSecond: number; readonly cpuMilliseconds: number };
type Contender = { readonly run: (passes: number) => Promise<Run>; readonly stop: () => void };

const minimalDecibels = 30;
const quality = "80";

async function startOurs(folder: string, sample: string): Promise<Contender> {
  const program = fileURLToPath(new URL("image-resize-worker.ts", import.meta.url));
  const workers = [0, 1].map((share) =>
    fork(program, [folder, String(share), quality, share === 0 ? sample : ""], {
      env: { ...process.env, UV_THREADPOOL_SIZE: "2" },
    }),
  );
  await Promise.all(workers.map(message));
  return {
    async run(passes) {
      const start = performance.now();
      for (const worker of workers) worker.send(passes);
      const reports = (await Promise.all(workers.map(message))).map((answer) => report.parse(answer));
      return summed(reports, (performance.now() - start) / 1000);
    },
    stop: () => workers.forEach((worker) => worker.disconnect()),
  };
}

async function startOpencv(python: string, folder: string, sample: string): Promise<Contender> {
  const program = fileURLToPath(new URL("image-resize-opencv.py", import.meta.url));
  const child = spawn(python, [program, folder, quality, sample], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = await lines.next();
  if (ready.done === true) throw new Error(`${python} ended before it was ready: does it have cv2 and numpy?`);
  return {
    async run(passes) {
      child.stdin.write(`${passes}\n`);
      const line = await lines.next();
      const answer = report.required().parse(JSON.parse(line.done === true ? "null" : line.value));
      return summed([answer], answer.seconds);
    },
    stop: () => child.stdin.end(),
  };
}

function message(worker: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("exit", (code) => reject(new Error(`a worker ended with ${code}`)));
  });
}

function summed(reports: readonly z.output<typeof report>[], seconds: number): Run {
  let images = 0;
  let cpu = 0;
  for (const one of reports) {
    images += one.images;
    cpu += one.cpuMilliseconds;
  }
  return { imagesPerSecond: images / seconds, cpuMilliseconds: cpu / images };
}

async function requireEqual(ours: string, theirs: string): Promise<number> {
  const [first, second] = await Promise.all([ours, theirs].map((file) => sharp(file).removeAlpha().raw().toBuffer()));
  if (first === undefined || second === undefined || first.length !== second.length) throw new Error("sizes differ");
  let squares = 0;
  for (const [index, value] of first.entries()) squares += (value - (second[index] ?? 0)) ** 2;
  const decibels = 10 * Math.log10((255 * 255) / (squares / first.length));
  if (decibels < minimalDecibels) throw new Error(`outputs differ: ${decibels.toFixed(1)} dB`);
  return decibels;
}

async function compare(name: string, folder: string, python: string, runs: number, passes: number): Promise<void> {
  const samples = [join(folder, "../ours.jpg"), join(folder, "../theirs.jpg")] as const;
  const ours = await startOurs(folder, samples[0]);
  const theirs = await startOpencv(python, folder, samples[1]);
  const decibels = await requireEqual(samples[0], samples[1]);
  const pairs: (readonly [Run, Run])[] = [];
  for (let run = 0; run < runs; run++) pairs.push([await ours.run(passes), await theirs.run(passes)]);
  ours.stop();
  theirs.stop();
  const of = (value: (pair: readonly [Run, Run]) => number) => median(pairs.map(value));
  const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)).length);
  console.table({
    [name]: {
      "KB a file": Math.round(files.reduce((sum, size) => sum + size, 0) / files.length / 1000),
      "ours img/s": Math.round(of(([first]) => first.imagesPerSecond)),
      "OpenCV img/s": Math.round(of(([, second]) => second.imagesPerSecond)),
      "ratio img/s": rounded(of(([first, second]) => first.imagesPerSecond / second.imagesPerSecond)),
      "ours CPU ms": rounded(of(([first]) => first.cpuMilliseconds)),
      "OpenCV CPU ms": rounded(of(([, second]) => second.cpuMilliseconds)),
      "ratio CPU": rounded(of(([first, second]) => second.cpuMilliseconds / first.cpuMilliseconds)),
      "agreement dB": rounded(decibels),
    },
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    runs: { type: "string", default: "5" },
    photos: { type: "string" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "image-resize-"));
try {
  const runs = Number(values.runs);
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}`);
  await writeJpegs(join(folder, "small"), 120, 500, 375, 0.86);
  await compare("500x375", join(folder, "small"), values.python, runs, 6);
  await writeJpegs(join(folder, "large"), 12, 2000, 1500, 0.83);
  await compare("2000x1500", join(folder, "large"), values.python, runs, 4);
  if (values.photos !== undefined) await compare("photos", values.photos, values.python, runs, 3);
} finally {
  rmSync(folder, { recursive: true });
}
