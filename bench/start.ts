import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Start to first record: from spawning `pipeline run` on one record to its `task-finished` event, by which
 * the record's shard is durable, and to the end of the process. `cold` begins with an empty compile cache, `warm`
 * with the one that the run before filled.
 *
 * node bench/start.ts [runs] [entry]     default: 15 runs of dist/cli/main.js
 */
const runs = Number(process.argv[2] ?? 15);
const entry = process.argv[3] ?? fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

interface Timing {
  readonly firstRecord: number;
  readonly exit: number;
}

async function measure(folder: string, cache: string): Promise<Timing> {
  await rm(path.join(folder, "out"), { recursive: true, force: true });
  const started = performance.now();
  const child = spawn(process.execPath, [entry, "run", "pipeline.yaml", "--json"], {
    cwd: folder,
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let firstRecord = Number.NaN;
  let seen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
    if (Number.isNaN(firstRecord) && seen.includes('"type":"task-finished"')) firstRecord = performance.now() - started;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0 || Number.isNaN(firstRecord)) throw new Error(`the run exited with ${code} after ${seen}`);
  return { firstRecord, exit: performance.now() - started };
}

function report(name: string, timings: readonly Timing[]): void {
  const line = (label: string, values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (quantile: number) =>
      `${(sorted[Math.floor((sorted.length - 1) * quantile)] ?? Number.NaN).toFixed(0)} ms`;
    process.stdout.write(`${name}  ${label.padEnd(16)} median ${at(0.5)}  best ${at(0)}  worst ${at(1)}\n`);
  };
  line(
    "to first record",
    timings.map((timing) => timing.firstRecord),
  );
  line(
    "to exit",
    timings.map((timing) => timing.exit),
  );
}

const folder = await mkdtemp(path.join(tmpdir(), "bench-start-"));
try {
  await writeFile(path.join(folder, "one.jsonl"), `${JSON.stringify({ text: "One record." })}\n`);
  await writeFile(
    path.join(folder, "pipeline.yaml"),
    `source: { jsonl: { path: ./one.jsonl } }\nsteps: [normalize-text]\nsink: jsonl\noutput: ./out\n`,
  );
  const cold: Timing[] = [];
  const warm: Timing[] = [];
  for (let run = 0; run < runs; run++) {
    const cache = path.join(folder, `cache-${run}`);
    cold.push(await measure(folder, cache));
    warm.push(await measure(folder, cache));
  }
  report("cold", cold);
  report("warm", warm);
} finally {
  await rm(folder, { recursive: true, force: true });
}
