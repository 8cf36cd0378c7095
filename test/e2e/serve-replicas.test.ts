import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ServeProcess, writeHeldPipeline } from "../fixtures/serve-process.ts";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

const splits = 24;
const free = 6;

test("three share one output; one is killed, one told to end, one frozen until the others are done: the bytes of an undisturbed run", {
  timeout: 240_000,
}, async () => {
  const folder = await temporaryFolder();
  const file = (name: string) => path.join(folder, name);
  await writeHeldPipeline(folder, splits, free);
  const replica = () => new ServeProcess(["--config", "pipeline.yaml", "--to", "out"], folder);
  const replicas = [replica(), replica(), replica()] as const;
  const [killed, ended, frozen] = replicas;
  // Each holds a task of its own.
  await Promise.all(replicas.map((each) => each.holds(folder)));
  killed.kill("SIGKILL");
  frozen.killGroup("SIGSTOP");
  ended.kill("SIGTERM");
  await expect.poll(() => ended.status("/readyz")).toBe(503);
  expect(await killed.ended).toEqual({ code: null, signal: "SIGKILL" });
  await writeFile(file("open"), "");
  expect(await ended.ended, ended.log).toEqual({ code: 0, signal: null });

  const next = replica();
  // What the frozen one had claimed is taken over once its claim has stood still for long enough.
  await next.until("run:state", { observedValue: "finished" }, 90_000);
  const digest = await datasetDigest(file("out"));
  frozen.killGroup("SIGCONT");
  await frozen.until("run:state", { observedValue: "finished" }, 90_000);
  expect(await datasetDigest(file("out"))).toEqual(digest);
  for (const left of [next, frozen]) left.kill("SIGTERM");
  expect([await next.ended, await frozen.ended]).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);

  expect((await runCli(["run", "pipeline.yaml", "--to", "plain", "--quiet"], { cwd: folder })).code).toBe(0);
  expect(digest).toEqual(await datasetDigest(file("plain")));
  expect((await runCli(["verify", "out"], { cwd: folder })).code).toBe(0);
  expect((await runCli(["health", "--output-path", "out"], { cwd: folder })).code).toBe(0);
});
