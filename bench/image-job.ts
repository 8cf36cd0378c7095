// The whole job on JPEG files, from the process's start to its end: `pipeline run` (files -> resize-image -> webdataset,
// with ledger, checksums and fsync) beside a Python program (files -> OpenCV in a pool of two -> tar).
//
//   node bench/image-job.ts --python <python with opencv-python-headless and numpy> [--runs 5] [--small 6000] [--large 400]
//
// Runs alternate; the figure is the median of the ratios of neighbours.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeJpegs } from "./image-resize-inputs.ts";

const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const opencv = fileURLToPath(new URL("image-job-opencv.py", import.meta.url));
const quality = 80;

function secondsOf(command: string, args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} exited with ${status}`);
  return (performance.now() - start) / 1000;
}

function repeatFiles(folder: string, count: number): void {
  const originals = readdirSync(folder);
  for (let copy = originals.length; copy < count; copy++) {
    copyFileSync(join(folder, originals[copy % originals.length] ?? ""), join(folder, `copy-${copy}.jpg`));
  }
}

function compare(name: string, folder: string, python: string, runs: number): void {
  const count = readdirSync(folder).length;
  const pipelineFile = join(folder, "../pipeline.yaml");
  writeFileSync(
    pipelineFile,
    `source: { files: { path: ${folder} } }\nsteps:\n  - resize-image: { sizePixels: 256, mode: keep_ratio, quality: ${quality} }\nsink: webdataset\noutput: ${join(folder, "../out")}\n`,
  );
  const pairs: (readonly [number, number])[] = [];
  for (let run = 0; run < runs; run++) {
    rmSync(join(folder, "../out"), { recursive: true, force: true });
    const ours = secondsOf(process.execPath, [cli, "run", pipelineFile, "--quiet", "--workers", "2"]);
    const manifest = readFileSync(join(folder, "../out/_manifest.json"), "utf8");
    if (!manifest.includes(`"written": ${count}`)) throw new Error("not every image was written");
    pairs.push([ours, secondsOf(python, [opencv, folder, join(folder, "../theirs.tar"), String(quality)])]);
  }
  const of = (value: (pair: readonly [number, number]) => number) =>
    pairs.map(value).toSorted((a, b) => a - b)[Math.floor(pairs.length / 2)] ?? Number.NaN;
  console.table({
    [name]: {
      images: count,
      "ours img/s": Math.round(of(([ours]) => count / ours)),
      "OpenCV img/s": Math.round(of(([, theirs]) => count / theirs)),
      "ratio (median of pairs)": Number(of(([ours, theirs]) => theirs / ours).toFixed(2)),
    },
  });
}

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    runs: { type: "string", default: "5" },
    small: { type: "string", default: "6000" },
    large: { type: "string", default: "400" },
  },
});
const folder = mkdtempSync(join(tmpdir(), "image-job-"));
try {
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}`);
  for (const [name, count, distinct, width, height, detail] of [
    ["500x375", Number(values.small), 120, 500, 375, 0.86],
    ["2000x1500", Number(values.large), 12, 2000, 1500, 0.83],
  ] as const) {
    const input = join(folder, name, "input");
    await writeJpegs(input, distinct, width, height, detail);
    repeatFiles(input, count);
    compare(name, input, values.python, Number(values.runs));
    rmSync(join(folder, name), { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
