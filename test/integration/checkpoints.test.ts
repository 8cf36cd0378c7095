import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { RunEvent } from "../../src/contract/run-event.ts";
import { planHash } from "../../src/plan/plan-hash.ts";
import { datasetDigest, runPipeline, temporaryFolder } from "./run-pipeline.ts";

async function writeInput(folder: string, records: number): Promise<string> {
  const input = path.join(folder, "input");
  await mkdir(input);
  for (let file = 0; file < 2; file++) {
    const lines = Array.from({ length: records }, (_, index) => JSON.stringify({ text: `${file} ${index}`, n: index }));
    await writeFile(path.join(input, `${file}.jsonl`), lines.join("\n"));
  }
  return input;
}

function pipelineText(input: string): string {
  return `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 1KiB } }
steps: [{ sample: { fraction: 0.7 } }, { dedupe-exact: {} }]
sink: { jsonl: {} }
`;
}

async function checkpointsIn(output: string): Promise<readonly string[]> {
  return (await readdir(path.join(output, ".checkpoints"))).filter((name) => name.startsWith("checkpoint_")).sort();
}

test("three coordinators on one ledger share the work and end with the bytes of one", { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 2500);
  const text = pipelineText(input);
  const alone = path.join(folder, "alone");
  await runPipeline(text, alone, { settings: { workers: 1 } });
  const shared = path.join(folder, "shared");
  const events: RunEvent[][] = [[], [], []];
  const summaries = await Promise.all(
    events.map((list) =>
      runPipeline(text, shared, { settings: { workers: 1 }, onEvent: (event) => void list.push(event) }),
    ),
  );
  expect(summaries.map(({ outcome }) => outcome)).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(await datasetDigest(shared)).toEqual(await datasetDigest(alone));
  const started = events.flat().filter((event) => event.type === "task-started");
  const tasks = new Set(started.map(({ task }) => `${task.stage}/${task.split}`));
  // Those that began at the same moment may have met over a task; nobody does another's work for long.
  expect(started.length).toBeLessThan(tasks.size * 1.2);
  expect(await readdir(path.join(shared, ".checkpoints", "claims"))).toEqual([]);
});

test("a run keeps as many checkpoints as it is told, however many it writes", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 4000);
  const output = path.join(folder, "out");
  await runPipeline(pipelineText(input), output, {
    settings: { checkpointIntervalSeconds: 0.001, keepCheckpoints: 3 },
  });
  const names = await checkpointsIn(output);
  expect(names.length).toBeLessThan(80);
  expect(Number(names.at(-1)?.slice(11, 17))).toBeGreaterThan(70);
});

test("where writing one is quick, a checkpoint does not wait for its interval to end", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 400);
  const listed: number[] = [];
  await runPipeline(
    `{ source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 1KiB } }, sink: { jsonl: {} } }`,
    path.join(folder, "out"),
    {
      settings: { workers: 1, checkpointIntervalSeconds: 600 },
      onEvent(event) {
        if (event.type === "checkpoint-written") listed.push(event.tasks);
      },
    },
  );
  const tasks = listed.reduce((sum, each) => sum + each, 0);
  expect(tasks).toBeGreaterThan(10);
  expect(listed[0]).toBeLessThan(tasks / 2);
});

test("a run goes back to a checkpoint once, and ends with the same bytes", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 800);
  const output = path.join(folder, "out");
  const settings = { checkpointIntervalSeconds: 0.001, keepCheckpoints: 1000 };
  await runPipeline(pipelineText(input), output, { settings });
  const before = await datasetDigest(output);
  const rolledBack: RunEvent[][] = [];
  for (let start = 0; start < 2; start++) {
    const events: RunEvent[] = [];
    const summary = await runPipeline(pipelineText(input), output, {
      settings: { ...settings, resumeFrom: "checkpoint_000004" },
      onEvent: (event) => void events.push(event),
    });
    expect(summary).toMatchObject({ outcome: "succeeded", wasComplete: start === 1 });
    rolledBack.push(events.filter((event) => event.type === "rolled-back"));
    expect(await datasetDigest(output)).toEqual(before);
  }
  expect(rolledBack).toMatchObject([[{ to: "checkpoint_000004" }], []]);
});

test("a run goes back behind where it went back before, and forth again", { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 600);
  const output = path.join(folder, "out");
  const settings = { checkpointIntervalSeconds: 0.001, keepCheckpoints: 1000 };
  await runPipeline(pipelineText(input), output, { settings });
  const before = await datasetDigest(output);
  const last = (await checkpointsIn(output)).at(-1)?.slice(0, -".json".length) ?? "";
  for (const resumeFrom of ["checkpoint_000006", "checkpoint_000003", last]) {
    const summary = await runPipeline(pipelineText(input), output, { settings: { ...settings, resumeFrom } });
    expect(summary).toMatchObject({ outcome: "succeeded" });
    expect(await datasetDigest(output)).toEqual(before);
  }
});

test("what a stage handed on is found after going back, although finishing gave it another name", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 600);
  const output = path.join(folder, "out");
  // As an attempt that is killed leaves behind: the one that counts gets a name of its own until the end.
  const leaveSpool = (event: RunEvent) => {
    if (event.type !== "input-listed") return;
    mkdirSync(path.join(output, "_stages"), { recursive: true });
    writeFileSync(path.join(output, "_stages", "stage-0-shard-000000-000000.spool"), "");
  };
  const text = `${pipelineText(input)}run: { streaming: false }\n`;
  const settings = { checkpointIntervalSeconds: 0.001, keepCheckpoints: 1000 };
  await runPipeline(text, output, { settings, onEvent: leaveSpool });
  const before = await datasetDigest(output);
  const entries = await Promise.all(
    (await checkpointsIn(output)).map(async (name) => ({
      name: name.slice(0, -".json".length),
      content: await readFile(path.join(output, ".checkpoints", name), "utf8"),
    })),
  );
  expect(entries.some(({ content }) => /"storedAs":"_stages\/stage-0-shard-000000-000000\.a/.test(content))).toBe(true);
  const resumeFrom = entries.findLast(({ content }) => content.includes('"receipts":[{"stage":0'))?.name ?? "";
  const summary = await runPipeline(text, output, { settings: { ...settings, resumeFrom } });
  expect(summary).toMatchObject({ outcome: "succeeded", wasComplete: false });
  expect(await datasetDigest(output)).toEqual(before);
});

test("a checkpoint that is not there is refused before anything is touched", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder, 200);
  const output = path.join(folder, "out");
  await runPipeline(pipelineText(input), output);
  const before = await datasetDigest(output);
  const run = runPipeline(pipelineText(input), output, { settings: { resumeFrom: "checkpoint_000999" } });
  await expect(run).rejects.toMatchObject({ code: "CHECKPOINT_NOT_FOUND" });
  expect(await datasetDigest(output)).toEqual(before);
});

test("a ledger that an older version left is resumed to the shards that a run from the start gives", async () => {
  const folder = await temporaryFolder();
  const fixture: unknown = JSON.parse(
    await readFile(new URL("../fixtures/ledger/version-1.json", import.meta.url), "utf8"),
  );
  await layOut(fixture, folder);
  const text = `
source: { jsonl: { path: ${JSON.stringify(path.join(folder, "in"))}, splitBytes: 1KiB } }
steps: [{ sample: { fraction: 0.7 } }]
sink: { jsonl: {} }
`;
  const events: RunEvent[] = [];
  const resumed = await runPipeline(text, path.join(folder, "out"), { onEvent: (event) => void events.push(event) });
  expect(resumed).toMatchObject({ outcome: "succeeded", accounting: { read: 122, unreadable: { RECORD_INVALID: 2 } } });
  expect(events).toContainEqual(expect.objectContaining({ type: "run-started", resumed: { finishedTasks: 5 } }));
  await runPipeline(text, path.join(folder, "fresh"));
  const shards = async (output: string) =>
    [...(await datasetDigest(path.join(folder, output)))].filter(([name]) => name.startsWith("shard-"));
  expect(await shards("out")).toEqual(await shards("fresh"));
});

test("a checkpoint that cannot be written is told once and ends the run", async () => {
  const folder = await temporaryFolder();
  const text = pipelineText(await writeInput(folder, 60));
  const output = path.join(folder, "out");
  const checkpoints = path.join(output, ".checkpoints");
  const events: RunEvent[] = [];
  const summary = await runPipeline(text, output, {
    onEvent(event) {
      events.push(event);
      if (event.type !== "task-finished" || existsSync(`${checkpoints}-aside`)) return;
      renameSync(checkpoints, `${checkpoints}-aside`);
      writeFileSync(checkpoints, "");
    },
  });
  expect(summary).toMatchObject({ outcome: "failed", error: { code: expect.stringMatching(/^(STORAGE|OUTPUT)_/) } });
  expect(events.filter((event) => event.type === "checkpoint-failed")).toEqual([
    { type: "checkpoint-failed", error: expect.objectContaining({ message: summary.error?.message }) },
  ]);
});

/** Writes the fixture's files, with the folder in place of its placeholder and the versions that the input has here. */
async function layOut(fixture: unknown, folder: string): Promise<void> {
  if (typeof fixture !== "object" || fixture === null || !("files" in fixture)) throw new TypeError("no fixture");
  const files = Object.entries(fixture.files as { readonly [name: string]: string });
  const modified = 1_700_000_000;
  const place = (text: string) =>
    text.replaceAll("@FOLDER@", folder).replaceAll(/"version":"(\d+)-\d+"/g, `"version":"$1-${modified}000000000"`);
  const digests = new Map<string, string>();
  for (const [name, text] of files) {
    if (name.includes("/inputs/")) digests.set(sha256Of(text), sha256Of(place(text)));
  }
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    let content = name.startsWith("in/") ? text : place(text);
    for (const [before, after] of digests) content = content.replaceAll(before, after);
    if (name.endsWith("checkpoint_000001.json")) content = withOwnPlanHash(content);
    await writeFile(file, content);
    if (name.startsWith("in/")) await utimes(file, modified, modified);
  }
}

/** The hash of a plan covers the paths in it. */
function withOwnPlanHash(entry: string): string {
  const start = JSON.parse(entry);
  return JSON.stringify({ ...start, planHash: planHash(start.plan) });
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
