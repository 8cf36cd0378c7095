// What trust costs: the same text and image jobs by this checkout and by another one, both built as they are published,
// in turns, in CPU seconds of the whole process tree; beside the whole job, the same without what one sample takes
// (start, end and the ledger's first record). To see what the ledger's snapshots, the worker journal and the outcome
// log cost together:
//
//   git worktree add ../before 5c84efb && ln -s "$PWD/node_modules" ../before/node_modules
//   node bench/trust.ts --against ../before [--runs 7] [--documents 40000] [--images 3000]
//
// Also says how many bytes a sample the outcome logs take.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Job, writeJobs } from "./trust-jobs.ts";

const here = fileURLToPath(new URL("..", import.meta.url));

interface Cost {
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** CPU time of a command and of everything that it waited for, from the shell's own account of its children. */
function costOf(checkout: string, pipelineFile: string, output: string): Cost {
  rmSync(output, { recursive: true, force: true });
  const command = ["dist/cli/main.js", "run", pipelineFile, "--to", output, "--quiet", "--workers", "2"];
  const quoted = command.map((argument) => `'${argument}'`).join(" ");
  const script = `TIMEFORMAT='%U %S %R'; time '${process.execPath}' ${quoted}`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { cwd: checkout, encoding: "utf8" });
  const [user = Number.NaN, system = Number.NaN, seconds = Number.NaN] = (stderr.trim().split("\n").at(-1) ?? "")
    .split(" ")
    .map(Number);
  if (status !== 0) throw new Error(stderr);
  return { cpuSeconds: user + system, seconds };
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Medians over the pairs of one pipeline file, after one run of each that fills the caches. */
function inTurns(file: string, output: string, against: string, runs: number) {
  for (const checkout of [here, against]) costOf(checkout, file, output);
  const pairs: (readonly [Cost, Cost])[] = [];
  // Who begins changes, so that what a run leaves behind (a warm or a throttled core) meets both.
  for (let run = 0; run < runs; run++) {
    const [first, second] = run % 2 === 0 ? [here, against] : [against, here];
    const costs = [costOf(first, file, output), costOf(second, file, output)] as const;
    pairs.push(run % 2 === 0 ? costs : [costs[1], costs[0]]);
  }
  return pairs;
}

/** CPU seconds of a job of one sample, of this checkout and of the other. */
type StartCost = readonly [number, number];

function compare({ name, file }: Job, output: string, against: string, runs: number, start: StartCost): void {
  const pairs = inTurns(file, output, against, runs);
  const now = costOf(here, file, output);
  const manifest: {
    readonly totals: { readonly read: number; readonly written: number };
    readonly outcomes: readonly { readonly bytes: number }[];
  } = JSON.parse(readFileSync(join(output, "_manifest.json"), "utf8"));
  const logged = manifest.outcomes.reduce((sum, { bytes }) => sum + bytes, 0);
  console.table({
    [name]: {
      samples: manifest.totals.read,
      written: manifest.totals.written,
      "samples/s": Math.round(manifest.totals.read / now.seconds),
      "CPU, this/other (median of pairs)": Number(
        median(pairs.map(([a, b]) => a.cpuSeconds / b.cpuSeconds)).toFixed(3),
      ),
      "without start": Number(
        median(pairs.map(([a, b]) => (a.cpuSeconds - start[0]) / (b.cpuSeconds - start[1]))).toFixed(3),
      ),
      "wall, this/other": Number(median(pairs.map(([a, b]) => a.seconds / b.seconds)).toFixed(3)),
      "outcome log, bytes/sample": Number((logged / manifest.totals.read).toFixed(2)),
    },
  });
}

function startCost(folder: string, against: string, runs: number): StartCost {
  writeFileSync(join(folder, "one.jsonl"), '{"id":"one","text":"one"}\n');
  const file = join(folder, "one.yaml");
  writeFileSync(file, "source: { jsonl: { path: ./one.jsonl, idField: id } }\nsteps: []\nsink: { jsonl: {} }\n");
  const pairs = inTurns(file, join(folder, "out-one"), against, runs);
  return [median(pairs.map(([a]) => a.cpuSeconds)), median(pairs.map(([, b]) => b.cpuSeconds))];
}

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    runs: { type: "string", default: "7" },
    documents: { type: "string", default: "40000" },
    images: { type: "string", default: "3000" },
  },
});
if (values.against === undefined) throw new Error("--against <another checkout of this repository> is needed");
const folder = mkdtempSync(join(tmpdir(), "trust-bench-"));
try {
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}`);
  const against = resolve(values.against);
  for (const checkout of [here, against]) {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: checkout, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }
  const runs = Number(values.runs);
  const start = startCost(folder, against, runs);
  console.log(`one sample: ${start[0].toFixed(2)} CPU seconds by this, ${start[1].toFixed(2)} by the other`);
  for (const job of await writeJobs(folder, Number(values.documents), Number(values.images)))
    compare(job, join(folder, "out"), against, runs, start);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
