import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { writeJpegs } from "./image-resize-inputs.ts";

/**
 * Peak memory of the whole process tree, as proportional set size (PSS) summed over coordinator and workers and
 * sampled every 50 ms, for an image job and a text job at 1, 10 and 100 times the input, default settings, 2 workers.
 *
 * node bench/memory.ts [scales] [jobs]     default: 1,10,100 and image,text. Needs `npm run build`. Linux only: reads /proc.
 */
const scales = (process.argv[2] ?? "1,10,100").split(",").map(Number);
const wanted = (process.argv[3] ?? "image,text").split(",");
const entry = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const imagesPerScale = 100;
/** Further images are copies of these: memory does not depend on what is new in them. */
const distinctImages = 40;
/** Enough that both workers are at work, and their heaps warm, at 1x as well. */
const filesPerScale = 2;
const documentsPerFile = 20_000;

interface Peak {
  readonly bytes: number;
  readonly seconds: number;
}

async function peakOf(pipelineFile: string): Promise<Peak> {
  const started = performance.now();
  const child = spawn(process.execPath, [entry, "run", pipelineFile, "--quiet", "--workers", "2"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  let peak = 0;
  let isRunning = true;
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      isRunning = false;
      resolve(code);
    });
  });
  while (isRunning) {
    peak = Math.max(peak, await treeBytes(child.pid ?? 0));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${pipelineFile} exited with ${code}`);
  return { bytes: peak, seconds: (performance.now() - started) / 1000 };
}

/** PSS of a process and everything that it started. */
async function treeBytes(root: number): Promise<number> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  let total = 0;
  for (const processId of parents.keys()) {
    for (let at: number | undefined = processId; at !== undefined && at > 1; at = parents.get(at)) {
      if (at !== root) continue;
      // A process may end between the listing and the reading: it then holds nothing.
      const rollup = await readFile(`/proc/${processId}/smaps_rollup`, "utf8").catch(() => "");
      total += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
      break;
    }
  }
  return total;
}

async function writeDocuments(folder: string, files: number): Promise<void> {
  const words =
    "the of and to a in that is was for it with as his on be at by had not are but from or have an they which one you were".split(
      " ",
    );
  let state = 7;
  const next = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const sentence = () => `${Array.from({ length: 5 + next(14) }, () => words[next(words.length)]).join(" ")}.`;
  const lines = Array.from({ length: documentsPerFile }, (_, n) =>
    JSON.stringify({ text: Array.from({ length: 8 + next(40) }, sentence).join("\n"), n }),
  );
  await writeFile(path.join(folder, "0.jsonl"), lines.join("\n"));
  for (let file = 1; file < files; file++) {
    await copyFile(path.join(folder, "0.jsonl"), path.join(folder, `${file}.jsonl`));
  }
}

async function writeImages(folder: string, count: number): Promise<void> {
  await writeJpegs(folder, distinctImages, 1200, 900, 0.62);
  const originals = await readdir(folder);
  for (let copy = originals.length; copy < count; copy++) {
    const original = originals[copy % originals.length] ?? "";
    await copyFile(path.join(folder, original), path.join(folder, `copy-${copy}.jpg`));
  }
}

const jobs = {
  image: {
    write: (folder: string, scale: number) => writeImages(folder, imagesPerScale * scale),
    pipeline:
      "source: { files: { path: ./input } }\nsteps:\n  - filter-blur: { mode: score }\n  - hash-image\n  - resize-image\nsink: webdataset\n",
  },
  text: {
    write: (folder: string, scale: number) => writeDocuments(folder, filesPerScale * scale),
    pipeline:
      "source: { jsonl: { path: ./input } }\nsteps:\n  - normalize-text\n  - filter-gopher-quality: { mode: score }\n  - filter-gopher-repetition: { mode: score }\nsink: parquet\n",
  },
};

for (const [name, job] of Object.entries(jobs)) {
  if (!wanted.includes(name)) continue;
  const folder = await mkdtemp(path.join(tmpdir(), "bench-memory-"));
  let first: number | undefined;
  try {
    for (const scale of scales) {
      const input = path.join(folder, "input");
      await rm(input, { recursive: true, force: true });
      await mkdir(input);
      await job.write(input, scale);
      const pipelineFile = path.join(folder, "pipeline.yaml");
      await writeFile(pipelineFile, `${job.pipeline}output: ./out-${scale}\n`);
      const { bytes, seconds } = await peakOf(pipelineFile);
      first ??= bytes;
      process.stdout.write(
        `${name} job  ${`${scale}x`.padEnd(5)} peak ${(bytes / 2 ** 20).toFixed(0)} MiB  ${(bytes / first).toFixed(2)}x of the first  ${seconds.toFixed(1)} s\n`,
      );
      await rm(path.join(folder, `out-${scale}`), { recursive: true, force: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
