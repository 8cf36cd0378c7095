// What it costs to run in a Ray cluster: the same job on this machine and on one Ray node of the same size, in turns. In
// steady state, from the first task that begins to the last that ends; start-up apart.
//   node bench/ray.ts [pairs] [documents] [workers]
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { missingRay, RayCluster } from "../scripts/ray-cluster.ts";

const [pairs = 5, documents = 60_000, workers = availableParallelism()] = process.argv.slice(2).map(Number);
const cli = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

interface Timing {
  readonly startSeconds: number;
  readonly steadySeconds: number;
  readonly tasks: number;
}

const event = z.object({ type: z.string() });

/** Runs the job, and takes the time at which its events come. */
async function run(folder: string, flags: readonly string[], environment: object): Promise<Timing> {
  const output = path.join(folder, "out");
  rmSync(output, { recursive: true, force: true });
  const started = performance.now();
  const args = [cli, "run", "pipeline.yaml", "--to", output, "--workers", String(workers), "--json", ...flags];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [first, last, tasks] = [0, 0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    const { type } = event.parse(JSON.parse(line));
    if (type === "task-started") first ||= performance.now();
    if (type !== "task-finished") continue;
    last = performance.now();
    tasks++;
  }
  if (tasks === 0) throw new Error("the run finished no task");
  return { startSeconds: (first - started) / 1000, steadySeconds: (last - first) / 1000, tasks };
}

function writeJob(folder: string): void {
  mkdirSync(path.join(folder, "in"));
  const words = "the of and to in is was that it for as with on by at from are this be which".split(" ");
  let seed = 7;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  for (let file = 0; file < 20; file++) {
    const lines = Array.from({ length: documents / 20 }, () => {
      const sentence = () => Array.from({ length: 8 + next(12) }, () => words[next(words.length)]).join(" ");
      return JSON.stringify({ text: Array.from({ length: 4 + next(30) }, () => `${sentence()}.`).join("\n") });
    });
    writeFileSync(path.join(folder, "in", `${file}.jsonl`), lines.join("\n"));
  }
  const steps = ["filter-gopher-quality", "filter-gopher-repetition", "filter-c4"];
  const scored = steps.map((step) => `  - ${step}: { mode: score }\n`).join("");
  writeFileSync(
    path.join(folder, "pipeline.yaml"),
    `source: { jsonl: { path: ./in, splitBytes: 1MiB } }\nsteps:\n${scored}sink: { parquet: {} }\n`,
  );
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const missing = missingRay();
if (missing !== undefined) throw new Error(missing);
const folder = mkdtempSync(path.join(tmpdir(), "bench-ray-"));
const cluster = await RayCluster.start({ cpus: workers });
try {
  writeJob(folder);
  const ray = ["--ray-address", cluster.gcs];
  await run(folder, ray, cluster.environment);
  const [here, there]: [Timing[], Timing[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    here.push(await run(folder, ["--executor", "local"], {}));
    there.push(await run(folder, ray, cluster.environment));
    const [local, remote] = [here.at(-1), there.at(-1)];
    process.stdout.write(
      `pair ${pair + 1}: local ${local?.steadySeconds.toFixed(2)} s, Ray ${remote?.steadySeconds.toFixed(2)} s; start-up ${local?.startSeconds.toFixed(2)} s, ${remote?.startSeconds.toFixed(2)} s\n`,
    );
  }
  const ratios = here.map((local, pair) => (there[pair]?.steadySeconds ?? Number.NaN) / local.steadySeconds);
  process.stdout.write(
    `${documents} documents in ${here[0]?.tasks} tasks, ${workers} workers: Ray takes ${median(ratios).toFixed(3)} times the time in steady state (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}); start-up ${median(here.map((one) => one.startSeconds)).toFixed(2)} s here, ${median(there.map((one) => one.startSeconds)).toFixed(2)} s on Ray\n`,
  );
} finally {
  cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}
