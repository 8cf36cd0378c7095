import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { ServeProcess, writeHeldPipeline } from "../fixtures/serve-process.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

const jsonl = (run = "") => `
source: { jsonl: { path: ./input, idField: id } }
steps: [{ filter-text-length: { minCharacters: 3 } }]
sink: { jsonl: {} }
run: { workers: 1, checkpointInterval: 20ms${run} }
`;

const records = (...texts: readonly (readonly [string, string])[]) =>
  texts.map(([id, text]) => `${JSON.stringify({ id, text })}\n`).join("");

interface Manifest {
  readonly totals: { readonly read: number; readonly written: number; readonly dropped: number };
  readonly shards: readonly { readonly name: string }[];
}

async function manifestOf(output: string): Promise<Manifest | undefined> {
  const text = await readFile(path.join(output, "_manifest.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

async function textsOf(output: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const { name } of (await manifestOf(output))?.shards ?? []) {
    const lines = (await readFile(path.join(output, name), "utf8")).trimEnd().split("\n");
    texts.push(...lines.map((line) => (JSON.parse(line) as { readonly text: string }).text));
  }
  return texts;
}

/** Waits until the dataset is finished with so many samples read. */
async function untilRead(output: string, read: number, served: ServeProcess): Promise<void> {
  await expect
    .poll(async () => (await manifestOf(output))?.totals.read, { timeout: 60_000, interval: 50, message: served.log })
    .toBe(read);
}

async function watchedFolder(): Promise<{ readonly folder: string; readonly output: string }> {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "input"));
  await writeFile(path.join(folder, "pipeline.yaml"), jsonl());
  return { folder, output: path.join(folder, "out") };
}

const watching = ["--config", "pipeline.yaml", "--to", "out", "--watch", "50ms"];

test("new input and changed input are added to the dataset, what was done is not done again, and all of it verifies", {
  timeout: 240_000,
}, async () => {
  const { folder, output } = await watchedFolder();
  const input = (name: string) => path.join(folder, "input", name);
  const served = new ServeProcess(watching, folder);
  // There is nothing yet: it waits.
  await served.until("run:state", { observedValue: "waiting", status: "pass" });
  await writeFile(input("a.jsonl"), records(["1", "first"], ["2", "no"]));
  await untilRead(output, 2, served);
  const [first] = (await manifestOf(output))?.shards ?? [];
  const written = await readFile(path.join(output, first?.name ?? ""));

  await writeFile(input("b.jsonl"), records(["3", "second"]));
  await untilRead(output, 3, served);
  await writeFile(input("b.jsonl"), records(["3", "second, changed"], ["4", "third"]));
  await untilRead(output, 5, served);
  await served.until("run:state", { observedValue: "finished" });
  await served.until("input:lastLook", { status: "pass" });
  expect(await textsOf(output)).toEqual(["first", "second", "second, changed", "third"]);
  expect(await readFile(path.join(output, first?.name ?? ""))).toEqual(written);
  served.kill("SIGTERM");
  expect(await served.ended, served.log).toEqual({ code: 0, signal: null });

  expect((await runCli(["verify", "out"], { cwd: folder })).code).toBe(0);
  expect((await runCli(["checkpoints", "verify", "out"], { cwd: folder })).code).toBe(0);
  expect((await runCli(["explain", "out", "4"], { cwd: folder })).stdout).toContain("b.jsonl");
  expect((await runCli(["checkpoints", "list", "out"], { cwd: folder })).stdout).toContain("new input");
  // A batch run of the same pipeline has nothing to do: its input is what the ledger says.
  expect((await runCli(["run", "pipeline.yaml", "--to", "out", "--quiet"], { cwd: folder })).code).toBe(0);
  expect((await manifestOf(output))?.totals.read).toBe(5);
});

test("killed at any time while input is added, the next process ends with the same dataset", {
  timeout: 240_000,
}, async () => {
  const { folder, output } = await watchedFolder();
  const input = (name: string) => path.join(folder, "input", name);
  await writeFile(input("0.jsonl"), records(["0", "text 0"]));
  let served = new ServeProcess(watching, folder);
  await untilRead(output, 1, served);
  for (let round = 1; round <= 6; round++) {
    await writeFile(input(`${round}.jsonl`), records([`${round}`, `text ${round}`]));
    // At another point of adding it, running it and publishing it in every round.
    const seen = ["new input", "resuming", "is finished"][round % 3];
    const from = served.log.length;
    await expect.poll(() => served.log.slice(from), { timeout: 60_000, interval: 5 }).toContain(seen);
    served.killGroup("SIGKILL");
    await served.ended;
    served = new ServeProcess(watching, folder);
    await untilRead(output, round + 1, served);
  }
  expect([...(await textsOf(output))].sort()).toEqual(Array.from({ length: 7 }, (_, index) => `text ${index}`));
  served.kill("SIGTERM");
  await served.ended;
  expect((await runCli(["verify", "out"], { cwd: folder })).code).toBe(0);
  expect((await runCli(["checkpoints", "verify", "out"], { cwd: folder })).code).toBe(0);
});

test("trying failed samples again and going back to a checkpoint live together with input that comes later", {
  timeout: 240_000,
}, async () => {
  const { folder, output } = await watchedFolder();
  const input = (name: string) => path.join(folder, "input", name);
  await writeFile(path.join(folder, "pipeline.yaml"), jsonl(", maxFailureRatio: 1"));
  await writeFile(input("a.jsonl"), `${records(["1", "first"])}no record\n`);
  const servedUntil = async (read: number) => {
    const served = new ServeProcess(watching, folder);
    await untilRead(output, read, served);
    served.kill("SIGTERM");
    expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
  };
  await servedUntil(2);
  // It fails again: there is one more task, without a shard.
  expect((await runCli(["retry", "out", "--quiet"], { cwd: folder })).code).toBe(0);
  await writeFile(input("b.jsonl"), records(["2", "second"]));
  await servedUntil(3);
  await writeFile(input("c.jsonl"), records(["3", "third"]));
  await servedUntil(4);
  expect(await textsOf(output)).toEqual(["first", "second", "third"]);

  const list = await runCli(["checkpoints", "list", "out", "--json"], { cwd: folder });
  const checkpoints = JSON.parse(list.stdout) as readonly { readonly name: string; readonly type: string }[];
  const added = checkpoints.findLastIndex(({ type }) => type === "extend");
  const before = checkpoints[added - 1]?.name ?? "";
  const back = await runCli(["run", "pipeline.yaml", "--to", "out", "--quiet", "--resume-from", before], {
    cwd: folder,
  });
  expect(back.code, back.stderr).toBe(0);
  expect(await textsOf(output)).toEqual(["first", "second"]);
  await servedUntil(4);
  expect(await textsOf(output)).toEqual(["first", "second", "third"]);
  expect((await runCli(["verify", "out"], { cwd: folder })).code).toBe(0);
  expect((await runCli(["checkpoints", "verify", "out"], { cwd: folder })).code).toBe(0);
});

test("a file that changes after it was added and before it was read is listed anew and read once", {
  timeout: 120_000,
}, async () => {
  const folder = await temporaryFolder();
  const output = path.join(folder, "out");
  await writeHeldPipeline(folder, 1, 1);
  const served = new ServeProcess(watching, folder);
  await untilRead(output, 20, served);
  // The first holds the only worker until the second has changed; they come at once, as one addition.
  await mkdir(path.join(folder, "later"));
  await writeFile(path.join(folder, "later", "0.jsonl"), `${JSON.stringify({ text: "held", hold: true })}\n`);
  await writeFile(path.join(folder, "later", "1.jsonl"), `${JSON.stringify({ text: "before" })}\n`);
  await rename(path.join(folder, "later"), path.join(folder, "input", "later"));
  await served.until("run:state", { observedValue: "running" });
  await served.until("tasks:unfinished", { observedValue: 2 });
  await writeFile(path.join(folder, "input", "later", "1.jsonl"), `${JSON.stringify({ text: "after" })}\n`.repeat(2));
  await writeFile(path.join(folder, "open"), "");
  await untilRead(output, 23, served);
  expect(served.log).toContain("is listed anew");
  served.kill("SIGTERM");
  expect(await served.ended, served.log).toEqual({ code: 0, signal: null });
  expect((await runCli(["verify", "out"], { cwd: folder })).code).toBe(0);
});

test("a look that fails is told and tried again; a plan that gathers cannot be watched", {
  timeout: 120_000,
}, async () => {
  const { folder, output } = await watchedFolder();
  await writeFile(path.join(folder, "input", "a.jsonl"), records(["1", "first"]));
  const served = new ServeProcess(watching, folder);
  await untilRead(output, 1, served);
  await rename(path.join(folder, "input"), path.join(folder, "away"));
  await served.until("input:lastLook", { status: "warn", output: expect.stringContaining("INPUT_NOT_FOUND") });
  await rename(path.join(folder, "away"), path.join(folder, "input"));
  await served.until("input:lastLook", { status: "pass" });
  served.kill("SIGTERM");
  expect(await served.ended, served.log).toEqual({ code: 0, signal: null });

  await writeFile(path.join(folder, "pipeline.yaml"), jsonl().replace("steps: [", "steps: [dedupe-exact, "));
  await rm(output, { recursive: true });
  const refused = new ServeProcess(watching, folder);
  expect(await refused.ended).toEqual({ code: 2, signal: null });
  expect(refused.log).toContain("dedupe-exact looks at all samples at once");
});
