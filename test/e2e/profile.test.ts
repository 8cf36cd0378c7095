import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { runCli } from "./run-cli.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "pipeline-profile-"));
  await mkdir(path.join(folder, "docs"));
  for (const name of ["a", "b", "c", "d"]) {
    const records = Array.from({ length: 300 }, (_, index) => `${JSON.stringify({ text: `${name} ${index}` })}\n`);
    await writeFile(path.join(folder, "docs", `${name}.jsonl`), records.join(""));
  }
  await writeFile(path.join(folder, "spin.mjs"), spinOperator);
  await writeFile(
    path.join(folder, "pipeline.yaml"),
    "source: { jsonl: { path: ./docs } }\nsteps:\n  - map-module: { module: ./spin.mjs }\nsink: jsonl\nrun: { workers: 2 }\n",
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const cli = (...args: readonly string[]) => runCli(args, { cwd: folder });

/** Burns time in a function of its own; ends its worker once where a file tells it to. */
const spinOperator = `
import { existsSync, unlinkSync } from "node:fs";
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
function burnTheTime() {
  const end = performance.now() + 1;
  while (performance.now() < end);
}
export default {
  kind: "map",
  name: "spin",
  summary: "Takes a millisecond.",
  modality: "any",
  options: z.strictObject({}),
  signature: () => ({ reads: [], writes: [], parts: [] }),
  dropReasons: () => [],
  open: async () => ({
    apply: (sample) => {
      burnTheTime();
      if (existsSync("kill-me")) {
        unlinkSync("kill-me");
        process.kill(process.pid, "SIGKILL");
      }
      return { kind: "keep", sample };
    },
  }),
};
`;

const profileSchema = z.object({
  nodes: z.array(z.object({ callFrame: z.object({ functionName: z.string(), url: z.string() }) })).min(1),
  samples: z.array(z.int()).min(1),
  timeDeltas: z.array(z.number()).min(1),
});

async function profiles(place: string): Promise<ReadonlyMap<string, z.infer<typeof profileSchema>>> {
  const names = (await readdir(place)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name) => {
        const text = await readFile(path.join(place, name), "utf8");
        return [name, profileSchema.parse(JSON.parse(text))] as const;
      }),
    ),
  );
}

/** Every file of a dataset but its ledger, which holds clocks. */
async function datasetOf(place: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(place, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && !entry.parentPath.includes(".checkpoints"),
  );
  const contents = files.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return [path.relative(place, file), await readFile(file, "base64")] as const;
  });
  return new Map(await Promise.all(contents));
}

describe("pipeline run --profile", () => {
  it("writes a profile of every process, says where time went, and changes no byte of the dataset", async () => {
    await cli("run", "pipeline.yaml", "--to", "plain");
    const result = await cli("run", "pipeline.yaml", "--to", "profiled", "--profile", "where/it/goes");
    expect(result.code, result.stderr).toBe(0);
    expect(await datasetOf(path.join(folder, "profiled"))).toEqual(await datasetOf(path.join(folder, "plain")));

    const written = await profiles(path.join(folder, "where/it/goes"));
    expect([...written.keys()]).toEqual(["coordinator.cpuprofile", "worker-0.cpuprofile", "worker-1.cpuprofile"]);
    for (const [name, { nodes, samples, timeDeltas }] of written) {
      expect(timeDeltas).toHaveLength(samples.length);
      const hasOperator = nodes.some(({ callFrame }) => callFrame.url.endsWith("spin.mjs"));
      expect(hasOperator, name).toBe(name.startsWith("worker"));
    }

    expect(result.stdout).toMatch(/step +left +time +dropped or failed here/);
    expect(result.stdout).toContain("where the time of the workers went: 2 workers");
    expect(result.stdout).toMatch(/\n1-map-module +\S+s +\d[\d.]* %\n/);
    expect(result.stdout).toMatch(/\nburnTheTime +\d[\d.]* % +spin\.mjs:4\n/);
    expect(result.stdout).toContain(path.join(folder, "where/it/goes/worker-1.cpuprofile"));
  });

  it("takes the folder `profile` unless another is named, and nothing of an earlier run for its own", async () => {
    await mkdir(path.join(folder, "profile"));
    for (const name of ["worker-7.cpuprofile", "notes.txt"]) await writeFile(path.join(folder, "profile", name), "{}");
    const result = await cli("run", "pipeline.yaml", "--to", "out", "--workers", "1", "--json", "--profile");
    expect(result.code, result.stderr).toBe(0);
    expect((await readdir(path.join(folder, "profile"))).sort()).toEqual([
      "coordinator.cpuprofile",
      "notes.txt",
      "worker-0.cpuprofile",
    ]);
    for (const line of result.stdout.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
  });

  it("says what is in no profile when a worker is killed", async () => {
    await writeFile(path.join(folder, "kill-me"), "");
    const result = await cli("run", "pipeline.yaml", "--to", "out", "--workers", "1", "--profile");
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toMatch(
      /warning: what worker 0 did before it was lost is in no profile: it was ended by SIGKILL/,
    );
    expect(result.stdout).toContain("burnTheTime");
  });

  it("refuses a run whose workers are elsewhere, and a folder that cannot be made", async () => {
    const ray = await cli("run", "pipeline.yaml", "--to", "out", "--ray-address", "127.0.0.1:1", "--profile");
    expect(ray.code).toBe(2);
    expect(ray.stderr).toContain("error INVALID_OPTION: --profile: expected a run on this machine");
    const file = await cli("run", "pipeline.yaml", "--to", "out", "--profile", "spin.mjs");
    expect(file.code).toBe(2);
    expect(file.stderr).toContain("error INVALID_OPTION: --profile: the folder");
    expect(await readdir(folder)).not.toContain("out");
  });

  it("takes none when it is not asked to", async () => {
    await cli("run", "pipeline.yaml", "--to", "out");
    expect((await readdir(folder)).sort()).toEqual(["docs", "out", "pipeline.yaml", "spin.mjs"]);
  });
});
