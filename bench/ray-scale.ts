// How many tasks a coordinator hands out, and what it holds, with a cluster that is simulated: real plan, ledger, listing,
// protocol and connections; workers that answer at once. In one process with the workers' side, which holds little.
//   node bench/ray-scale.ts [splits,…] [workers]

import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { builtinCatalog } from "../src/builtin-catalog.ts";
import { startRun } from "../src/coordinator/run.ts";
import { createRayExecutor } from "../src/executors/ray/ray-executor.ts";
import { resolvePipeline } from "../src/plan/resolve-pipeline.ts";
import { completeSettings } from "../src/plan/resolved-settings.ts";
import { dropped, SimulatedCluster } from "../test/fixtures/simulated-cluster.ts";

const one = { cpus: 1, gpus: 0, memoryBytes: 0, labels: {} };
const recordBytes = 1024;

function writeInput(folder: string, splits: number): void {
  mkdirSync(path.join(folder, "in"));
  const file = openSync(path.join(folder, "in/records.jsonl"), "w");
  const record = `${JSON.stringify({ text: "x".repeat(recordBytes - 12) })}\n`;
  const chunk = Buffer.from(record.repeat(1000));
  for (let written = 0; written < splits; written += 1000) writeSync(file, chunk);
  closeSync(file);
}

async function measure(splits: number, workers: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-ray-scale-"));
  try {
    writeInput(folder, splits);
    const text = `source: { jsonl: { path: ./in, splitBytes: 1KiB } }\nsteps:\n  - filter-text-length: { minCharacters: 9999 }\nsink: { jsonl: {} }\noutput: ./out\nrun: { workers: ${workers}, maxFailureRatio: 1 }\n`;
    const resolved = await resolvePipeline({ text, fileName: "p", baseFolder: folder, catalog: builtinCatalog });
    const settings = completeSettings(resolved.settings, { workers, memoryBudgetBytes: workers * 2 ** 20 });
    const executor = createRayExecutor({
      launcher: new SimulatedCluster({ nodes: [workers], work: (task) => dropped(task, "1-filter-text-length") }),
      callbackHost: undefined,
      callbackPort: 0,
      catalogModule: new URL("file:///simulated"),
      preflightResources: one,
      minWorkers: workers,
      workers,
    });
    let [first, last, tasks] = [0, 0, 0];
    const held: string[] = [];
    const resident: string[] = [];
    const run = startRun({
      plan: resolved.plan,
      catalog: builtinCatalog,
      executor,
      settings,
      onEvent: (event) => {
        if (event.type === "task-started") first ||= performance.now();
        if (event.type !== "task-finished") return;
        last = performance.now();
        if (++tasks % Math.ceil(splits / 5) !== 0) return;
        globalThis.gc?.();
        const { heapUsed, rss } = process.memoryUsage();
        held.push((heapUsed / 2 ** 20).toFixed(0));
        resident.push((rss / 2 ** 20).toFixed(0));
      },
    });
    const summary = await run.finished;
    if (summary.outcome !== "succeeded") throw new Error(JSON.stringify(summary.error));
    process.stdout.write(
      `${tasks} tasks on ${workers} simulated workers: ${Math.round((1000 * tasks) / (last - first))} tasks/s; after each fifth ${held.join(", ")} MiB of heap and ${resident.join(", ")} MiB resident; ${(process.cpuUsage().user / 1e6).toFixed(1)} s of CPU time in all\n`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [sizes = "10000,100000", workers = "64", inside] = process.argv.slice(2);
if (inside === "inside") await measure(Number(sizes), Number(workers));
else {
  // Each in a process of its own: what one leaves behind is not the next one's.
  for (const splits of sizes.split(",")) {
    const words = ["--expose-gc", fileURLToPath(import.meta.url), splits, workers, "inside"];
    execFileSync(process.execPath, words, { stdio: "inherit" });
  }
}
