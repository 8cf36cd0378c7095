// Which share of the CPU time of a run goes to trust: journal, ledger and outcome log, by CPU profiles of the
// coordinator and its workers. A sample of the profile belongs to the innermost of our frames on its stack that is of
// one of these, so that what the ledger has Node do counts for the ledger; start-up is part of the whole.
//
//   node bench/trust-share.ts [--documents 80000] [--images 3000]
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Job, writeJobs } from "./trust-jobs.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const parts: Readonly<Record<string, RegExp>> = {
  journal: /\/dist\/worker\/(journal|journal-record|flight-guard|standing|task-caution)\.js$/,
  ledger: /\/dist\/ledger\//,
  "outcome log": /\/dist\/worker\/(outcome-log|telling-attributes)\.js$/,
};

/** What V8 writes for `--cpu-prof`. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Adds the microseconds of each part, and of all that is not idle, to `sums`. */
function addShares({ nodes, samples, timeDeltas }: CpuProfile, sums: Map<string, number>): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const partOf = (id: number): string | undefined => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const url = frames.get(at)?.url ?? "";
      const part = Object.keys(parts).find((name) => parts[name]?.test(url));
      if (part !== undefined) return part;
    }
    return undefined;
  };
  samples.forEach((id, index) => {
    if (frames.get(id)?.functionName === "(idle)") return;
    for (const name of ["all", partOf(id)])
      if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
}

function sharesOf({ name, file }: Job, folder: string): Readonly<Record<string, string | number>> {
  const profiles = join(folder, `profiles-${name.replace(" ", "-")}`);
  const { status, stderr } = spawnSync(
    process.execPath,
    ["dist/cli/main.js", "run", file, "--to", join(folder, `out-${name}`), "--quiet", "--workers", "2"],
    {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` },
    },
  );
  if (status !== 0) throw new Error(stderr);
  const sums = new Map<string, number>();
  const files = readdirSync(profiles);
  for (const profile of files) addShares(JSON.parse(readFileSync(join(profiles, profile), "utf8")), sums);
  const all = sums.get("all") ?? Number.NaN;
  const shares = Object.keys(parts).map((part) => [part, `${((100 * (sums.get(part) ?? 0)) / all).toFixed(2)} %`]);
  return { processes: files.length, "CPU seconds": Number((all / 1e6).toFixed(1)), ...Object.fromEntries(shares) };
}

const { values } = parseArgs({
  options: { documents: { type: "string", default: "80000" }, images: { type: "string", default: "3000" } },
});
const folder = mkdtempSync(join(tmpdir(), "trust-share-"));
try {
  const built = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr);
  console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}, Node ${process.version}`);
  const jobs = await writeJobs(folder, Number(values.documents), Number(values.images));
  console.table(Object.fromEntries(jobs.map((job) => [job.name, sharesOf(job, folder)])));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
