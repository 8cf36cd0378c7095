// What trust costs: the same text and image jobs by this checkout and by another one, in turns, in CPU seconds of the
// whole process tree. To see what the ledger's snapshots, the worker journal and the outcome log cost together:
//
//   git worktree add ../before 5c84efb && ln -s "$PWD/node_modules" ../before/node_modules
//   node bench/trust.ts --against ../before [--runs 7] [--documents 40000] [--images 3000]
//
// Also says how many bytes a sample the outcome logs take.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeJpegs } from "./image-resize-inputs.ts";

const here = fileURLToPath(new URL("..", import.meta.url));
const words = readFileSync(join(here, "docs/architecture.md"), "utf8").split(/\s+/);

interface Cost {
  readonly cpuSeconds: number;
  readonly seconds: number;
}

/** CPU time of a command and of everything that it waited for, from the shell's own account of its children. */
function costOf(checkout: string, pipelineFile: string, output: string): Cost {
  rmSync(output, { recursive: true, force: true });
  const command = ["src/cli/main.ts", "run", pipelineFile, "--to", output, "--quiet", "--workers", "2"];
  const quoted = command.map((argument) => `'${argument}'`).join(" ");
  const script = `TIMEFORMAT='%U %S %R'; time '${process.execPath}' ${quoted}`;
  const { status, stderr } = spawnSync("bash", ["-c", script], { cwd: checkout, encoding: "utf8" });
  const [user = Number.NaN, system = Number.NaN, seconds = Number.NaN] = (stderr.trim().split("\n").at(-1) ?? "")
    .split(" ")
    .map(Number);
  if (status !== 0) throw new Error(stderr);
  return { cpuSeconds: user + system, seconds };
}

function writeDocuments(folder: string, count: number): void {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const lines = Array.from({ length: count }, (_, index) => {
    const length = Math.round(Math.exp(5 + 1.1 * (random() + random() + random() - 1.5)));
    const start = Math.floor(random() * words.length);
    const text = Array.from({ length }, (_, word) => words[(start + word) % words.length] ?? "").join(" ");
    return JSON.stringify({ id: `doc-${index}`, text });
  });
  writeFileSync(join(folder, "documents.jsonl"), lines.join("\n"));
}

async function writePictures(folder: string, count: number): Promise<void> {
  const distinct = 100;
  await writeJpegs(folder, distinct, 500, 375, 0.86);
  const originals = readdirSync(folder);
  for (let copy = distinct; copy < count; copy++)
    copyFileSync(join(folder, originals[copy % distinct] ?? ""), join(folder, `copy-${copy}.jpg`));
}

function compare(name: string, pipeline: string, folder: string, against: string, runs: number): void {
  const file = join(folder, `${name.replace(" ", "-")}.yaml`);
  writeFileSync(file, pipeline);
  const output = join(folder, "out");
  for (const checkout of [here, against]) costOf(checkout, file, output);
  const pairs: (readonly [Cost, Cost])[] = [];
  for (let run = 0; run < runs; run++) pairs.push([costOf(here, file, output), costOf(against, file, output)]);
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
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
      "wall, this/other": Number(median(pairs.map(([a, b]) => a.seconds / b.seconds)).toFixed(3)),
      "outcome log, bytes/sample": Number((logged / manifest.totals.read).toFixed(2)),
    },
  });
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
  writeDocuments(folder, Number(values.documents));
  const source = "source: { jsonl: { path: ./documents.jsonl, idField: id, splitBytes: 2MiB } }";
  const steps = ["filter-gopher-repetition", "filter-gopher-quality", "filter-c4"];
  // Neighbouring extremes: rules drop nearly all of the made-up documents; scoring keeps every one.
  const dropped = `${source}\nsteps: [${steps.join(", ")}]\nsink: { jsonl: {} }\n`;
  const kept = `${source}\nsteps: [${steps.map((step) => `{ ${step}: { mode: score } }`).join(", ")}]\nsink: { jsonl: {} }\n`;
  const pictures = join(folder, "pictures");
  await writePictures(pictures, Number(values.images));
  const image = `source: { files: { path: ./pictures } }
steps: [{ filter-image-size: { minWidthPixels: 100 } }, { resize-image: { sizePixels: 256, mode: keep_ratio } }]
sink: { webdataset: {} }
`;
  for (const [name, pipeline] of [
    ["text dropped", dropped],
    ["text kept", kept],
    ["images", image],
  ] as const)
    compare(name, pipeline, folder, resolve(values.against), Number(values.runs));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
