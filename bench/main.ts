// Benchmarks side by side with peers: one table, and JSON. Needs `npm run build` and `node bench/install-peers.ts`.
//
//   npm run bench -- W1 W3              these; without names all. --list says which there are
//     --size small|full                 small (default) tries them in about a minute each; full is what is published
//     --runs 5                          rounds: every peer once, beside a run of ours (small: 2)
//     --out FILE                        JSON; figures there of other workloads of the same size stay
//     --growth                          our own job at 1, 10 and 100 times the input, with 1 and 2 workers, as well
//     --sides TEXT,TEXT                 only peers whose name has one of the texts
//
// JSON goes to bench/results/last.json, which git ignores. bench/results/full.json is the full run that
// docs/benchmarks.md is generated from: --size full --out bench/results/full.json, then npm run generate.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { mostForeignCores } from "./harness/benchmarks-page.ts";
import { compare } from "./harness/compare.ts";
import { machine, ownVersions } from "./harness/machine.ts";
import { peerVersions } from "./harness/peer-environments.ts";
import { mergedResults, type Results, resultsSchema, type WorkloadResult } from "./harness/results.ts";
import { printedGrowth, printedTable } from "./harness/table.ts";
import type { Context, GrowthJob, Prepared, Workload } from "./harness/workload.ts";
import { workloads } from "./workloads/all.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean", default: false },
    size: { type: "string", default: "small" },
    runs: { type: "string" },
    out: { type: "string", default: path.join(import.meta.dirname, "results/last.json") },
    growth: { type: "boolean", default: false },
    sides: { type: "string", default: "" },
  },
});
const size = z.enum(["small", "full"]).parse(values.size);
const runs = z.coerce
  .number()
  .int()
  .min(1)
  .parse(values.runs ?? (size === "full" ? 5 : 2));
const say = (line: string) => process.stderr.write(`${line}\n`);

async function runWorkload(workload: Workload): Promise<WorkloadResult> {
  say(`${workload.id}  ${workload.title}`);
  const folder = mkdtempSync(path.join(tmpdir(), "pipeline-bench-"));
  const stops: (() => void | Promise<void>)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const context: Context = { size, folder, atEnd: (stop) => void stops.push(stop) };
  const { id, title, unit, environments } = workload;
  const versions = { ...ownVersions(), ...peerVersions(environments) };
  const frame = { id, title, unit, day: new Date().toISOString().slice(0, 10), machine: machine(), versions };
  try {
    const prepared = chosenSides(await workload.prepare(context));
    const compared = await compare(workload, prepared, {
      runs: Math.min(runs, workload.mostRuns ?? runs),
      mostForeignCores: size === "full" ? mostForeignCores : undefined,
      say,
    });
    const growth = values.growth ? await growthOf((await workload.growth?.(context)) ?? []) : [];
    return { ...frame, input: prepared.input, ...compared, ...(growth.length === 0 ? {} : { growth }) };
  } catch (error) {
    const absent = error instanceof Error ? error.message : String(error);
    say(`  ${absent}`);
    return { ...frame, absent, sides: [], goals: [] };
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

function chosenSides(prepared: Prepared): Prepared {
  const wanted = values.sides.split(",").map((part) => part.trim());
  const sides = prepared.sides.filter(
    ({ kind, name }) => kind === "ours" || wanted.some((part) => name.includes(part)),
  );
  return { ...prepared, sides };
}

async function growthOf(jobs: readonly GrowthJob[]): Promise<NonNullable<WorkloadResult["growth"]>> {
  const found: NonNullable<WorkloadResult["growth"]> = [];
  for (const { items, workers, run } of jobs) {
    const { wallSeconds, cpuSeconds, peakBytes } = await run();
    say(`  growth ${items} with ${workers} workers: ${wallSeconds.toFixed(2)} s`);
    found.push({ items, workers, wallSeconds, cpuSeconds, peakMebibytes: peakBytes / 2 ** 20 });
  }
  return found;
}

function readKnown(): Results | undefined {
  return existsSync(values.out) ? resultsSchema.parse(JSON.parse(readFileSync(values.out, "utf8"))) : undefined;
}

const ids = workloads.map(({ id }) => id);
const unknown = positionals.filter((id) => !ids.includes(id));
if (values.list) {
  for (const { id, title } of workloads) console.log(`${id.padEnd(5)} ${title}`);
} else if (unknown.length > 0) {
  say(`bench: expected workloads among ${ids.join(", ")}; received ${unknown.join(", ")}`);
  process.exitCode = 2;
} else {
  say(`${machine()}, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}, ${runs} rounds, size ${size}`);
  const done: WorkloadResult[] = [];
  for (const workload of workloads) {
    if (positionals.length > 0 && !positionals.includes(workload.id)) continue;
    done.push(await runWorkload(workload));
    // Written after each: a run that is ended loses only the workload that it was at.
    const results = mergedResults(readKnown(), { version: 1, size, workloads: done }, ids);
    mkdirSync(path.dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);
  }
  console.log(printedTable(done));
  for (const workload of done) if (workload.growth !== undefined) console.log(`\n${printedGrowth(workload)}`);
}
