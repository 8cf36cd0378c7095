import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

async function finishedRun(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "input"));
  const lines = Array.from({ length: 200 }, (_, n) => JSON.stringify({ text: `document ${n}` }));
  await writeFile(path.join(folder, "input", "a.jsonl"), lines.join("\n"));
  await writeFile(
    path.join(folder, "pipeline.yaml"),
    "source: { jsonl: { path: ./input, splitBytes: 1KiB } }\nsink: { jsonl: {} }\noutput: ./out\nrun: { checkpointInterval: 1ms }\n",
  );
  expect(await runCli(["run", "pipeline.yaml", "--quiet"], { cwd: folder })).toMatchObject({ code: 0 });
  return folder;
}

test("checkpoints are listed, shown, folded and verified; a run goes back to one by flag or environment, once", async () => {
  const cwd = await finishedRun();
  const list = async () => {
    const { stdout } = await runCli(["checkpoints", "list", "out", "--json"], { cwd });
    return JSON.parse(stdout);
  };
  const all = await list();
  expect(all.at(-1)).toMatchObject({ type: "finish", isCurrent: true, totals: { read: 200, written: 200 } });
  expect(all.filter(({ isCurrent }: { readonly isCurrent: boolean }) => isCurrent)).toHaveLength(1);

  const clean = await runCli(["checkpoints", "clean", "out/.checkpoints", "--keep", "3"], { cwd });
  expect(clean).toMatchObject({ code: 0, stderr: "" });
  expect(await list()).toEqual(all.slice(-3));
  const target = all.at(-3).name;
  expect((await runCli(["checkpoints", "show", "out", target], { cwd })).stdout).toContain("tasks that it made count");

  const environment = { RESUME_FROM_CHECKPOINT: target };
  const back = await runCli(["run", "pipeline.yaml"], { cwd, environment });
  expect(back).toMatchObject({ code: 0, stderr: expect.stringContaining(`went back to ${target}`) });
  const again = await runCli(["run", "pipeline.yaml", "--resume-from", target], { cwd });
  expect(again).toMatchObject({ code: 0, stderr: expect.not.stringContaining("went back") });
  expect((await list()).map(({ type }: { readonly type: string }) => type)).toContain("rollback");
  expect((await runCli(["checkpoints", "verify", "out"], { cwd })).stdout).toContain("sound");
});

test("a checkpoint that is gone is refused with those that are there", async () => {
  const cwd = await finishedRun();
  await runCli(["checkpoints", "clean", "out", "--keep", "2"], { cwd });
  const refused = await runCli(["run", "pipeline.yaml", "--resume-from", "checkpoint_000001"], { cwd });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error CHECKPOINT_NOT_FOUND: .*expected checkpoint_/m),
  });
});

test("verify names a shard that was cut and a checkpoint that was overwritten", async () => {
  const cwd = await finishedRun();
  const [shard = ""] = (await readdir(path.join(cwd, "out"))).filter((name) => name.startsWith("shard-"));
  await truncate(path.join(cwd, "out", shard), 5);
  await writeFile(path.join(cwd, "out", ".checkpoints", "checkpoint_000002.json"), "{");
  const verified = await runCli(["checkpoints", "verify", "out"], { cwd });
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain("checkpoint_000002.json");
});
