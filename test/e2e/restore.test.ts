import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { datasetDigest } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

// The drill of docs/operations/backup-restore.md, with folders in place of prefixes of a bucket.

let cwd = "";
let undisturbed: unknown;
const pipeline = (...args: readonly string[]) => runCli(args, { cwd });
const inside = (...names: readonly string[]) => path.join(cwd, ...names);

beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), "pipeline-restore-"));
  await mkdir(inside("input"));
  for (let file = 0; file < 4; file++) {
    const lines = Array.from({ length: 500 }, (_, n) => JSON.stringify({ text: `document ${file} ${n}` }));
    await writeFile(inside("input", `${file}.jsonl`), lines.join("\n"));
  }
  await writeFile(
    inside("pipeline.yaml"),
    "source: { jsonl: { path: ./input, splitBytes: 2KiB } }\nsteps: [normalize-text]\nsink: { jsonl: {} }\nrun: { workers: 2, checkpointInterval: 1ms }\n",
  );
  const made = await pipeline("run", "pipeline.yaml", "--to", "sound", "--quiet");
  if (made.code !== 0) throw new Error(made.stderr);
  undisturbed = await datasetDigest(inside("sound"));
}, 60_000);
afterAll(() => rm(cwd, { recursive: true, force: true }));

const copy = (from: string, to: string) => cp(inside(from), inside(to), { recursive: true });

async function expectSound(output: string): Promise<void> {
  for (const command of [["checkpoints", "verify"], ["verify"], ["health", "--output-path"]]) {
    const result = await pipeline(...command, output);
    expect(result, `${command.join(" ")}: ${result.stdout}${result.stderr}`).toMatchObject({ code: 0 });
  }
  expect(await datasetDigest(inside(output))).toEqual(undisturbed);
}

test("a finished dataset comes back from its copy", { timeout: 60_000 }, async () => {
  await copy("sound", "backup");
  await copy("backup", "lost");
  await expectSound("lost");
  // What is done stays done.
  const again = await pipeline("run", "pipeline.yaml", "--to", "lost", "--quiet");
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(await datasetDigest(inside("lost"))).toEqual(undisturbed);
});

test("a run that was scaled down half-way goes on from its copy, to the same bytes", { timeout: 90_000 }, async () => {
  const checkpoints = async () => (await readdir(inside("out", ".checkpoints")).catch(() => [])).length;
  const stopped = await runCli(["run", "pipeline.yaml", "--to", "out", "--quiet"], {
    cwd,
    onStart: (child) => {
      const look = setInterval(() => {
        void checkpoints().then((count) => count >= 4 && child.kill("SIGTERM"));
      }, 1);
      child.on("close", () => clearInterval(look));
    },
  });
  expect(stopped.code, "the run was done before it could be ended").not.toBe(0);
  await copy("out", "backup-of-half");
  await rm(inside("out"), { recursive: true });
  await copy("backup-of-half", "out");
  expect(await pipeline("checkpoints", "verify", "out")).toMatchObject({ code: 0 });
  const resumed = await pipeline("run", "pipeline.yaml", "--to", "out", "--quiet");
  expect(resumed, resumed.stderr).toMatchObject({ code: 0 });
  await expectSound("out");
});

test("a copy that lacks something says what, and is made whole again from the input", { timeout: 60_000 }, async () => {
  await copy("sound", "part");
  const [shard = ""] = (await readdir(inside("part"))).filter((name) => name.startsWith("shard-"));
  await rm(inside("part", shard));
  const verified = await pipeline("verify", "part");
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain(shard);
  expect(await pipeline("verify", "part", "--repair")).toMatchObject({ code: 0 });
  await expectSound("part");
});
