import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

async function finishedRun(sink: string, more = ""): Promise<string> {
  const cwd = await temporaryFolder();
  await mkdir(path.join(cwd, "input"));
  const lines = Array.from({ length: 400 }, (_, n) =>
    n % 50 === 7 ? "no record" : JSON.stringify({ text: `document ${n % 300} with some words` }),
  );
  await writeFile(path.join(cwd, "input", "a.jsonl"), lines.join("\n"));
  const text = `source: { jsonl: { path: ./input, splitBytes: 2KiB } }\nsteps: [{ sample: { fraction: 0.9 } }${more}]\nsink: { ${sink}: {} }\noutput: ./out\n`;
  await writeFile(path.join(cwd, "pipeline.yaml"), text);
  expect(await runCli(["run", "pipeline.yaml", "--quiet"], { cwd })).toMatchObject({ code: 0 });
  return cwd;
}

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}

for (const sink of ["webdataset", "jsonl", "parquet"]) {
  test(`${sink}: every kind of damage is named, and repair gives the bytes back`, { timeout: 90_000 }, async () => {
    const cwd = await finishedRun(sink);
    const out = path.join(cwd, "out");
    const sound = await datasetDigest(out);
    expect(await runCli(["verify", "out"], { cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("sound"),
    });

    const shards = (await readdir(out)).filter((name) => name.startsWith("shard-"));
    const [cut = "", gone = "", flipped = ""] = shards;
    await truncate(path.join(out, cut), 11);
    await rm(path.join(out, gone));
    await flipByte(path.join(out, flipped));
    const [quarantined = ""] = await readdir(path.join(out, "_quarantine"));
    await appendFile(path.join(out, "_quarantine", quarantined), "{}\n");
    const [log = ""] = await readdir(path.join(out, "_outcomes"));
    await rm(path.join(out, "_outcomes", log));
    const { code, stdout } = await runCli(["verify", "out", "--json"], { cwd });
    expect(code).toBe(1);
    expect(JSON.parse(stdout).damages).toEqual([
      { kind: "size", file: cut, message: expect.stringContaining("11 bytes") },
      { kind: "missing", file: gone, message: expect.any(String) },
      { kind: "sha256", file: flipped, message: expect.stringContaining("expected") },
      { kind: "size", file: `_quarantine/${quarantined}`, message: expect.any(String) },
      { kind: "missing", file: `_outcomes/${log}`, message: expect.any(String) },
    ]);
    const repaired = await runCli(["verify", "out", "--repair"], { cwd });
    expect(repaired, repaired.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("repaired") });
    expect(await datasetDigest(out)).toEqual(sound);
  });
}

test("a lost shard behind a gather step is made again, with the same bytes", { timeout: 60_000 }, async () => {
  const cwd = await finishedRun("jsonl", ", { dedupe-exact: {} }");
  const out = path.join(cwd, "out");
  const sound = await datasetDigest(out);
  await rm(path.join(out, "shard-000000-0000.jsonl"));
  const repaired = await runCli(["verify", "out", "--repair"], { cwd });
  expect(repaired, repaired.stderr).toMatchObject({ code: 0 });
  expect(await datasetDigest(out)).toEqual(sound);
});

test("what does not belong to the dataset is named and left alone", async () => {
  const cwd = await finishedRun("jsonl");
  await writeFile(path.join(cwd, "out", "notes.txt"), "mine");
  const verified = await runCli(["verify", "out", "--repair"], { cwd });
  expect(verified).toMatchObject({ code: 1, stdout: expect.stringMatching(/extra +notes\.txt/) });
  expect(await readFile(path.join(cwd, "out", "notes.txt"), "utf8")).toBe("mine");
});

test("a damaged manifest is written anew from the checkpoints", { timeout: 60_000 }, async () => {
  const cwd = await finishedRun("jsonl");
  const out = path.join(cwd, "out");
  const sound = await datasetDigest(out);
  await flipByte(path.join(out, "_manifest.json"));
  await truncate(path.join(out, "shard-000001-0000.jsonl"), 3);
  const repaired = await runCli(["verify", "out", "--repair"], { cwd });
  expect(repaired, repaired.stderr).toMatchObject({ code: 0 });
  expect(await datasetDigest(out)).toEqual(sound);
});

test("a manifest that reads well but is not that of the run is damage too", { timeout: 90_000 }, async () => {
  const cwd = await finishedRun("jsonl");
  const out = path.join(cwd, "out");
  const file = path.join(out, "_manifest.json");
  const sound = await datasetDigest(out);
  const text = await readFile(file, "utf8");
  const changes: readonly [RegExp, string][] = [
    [/"planHash": "./, '"planHash": "!'],
    [/"written": \d/, '"written": 9'],
    [/\n$/, ""],
  ];
  for (const [found, replacement] of changes) {
    await writeFile(file, text.replace(found, replacement));
    const { code, stdout } = await runCli(["verify", "out", "--json"], { cwd });
    expect(code, String(found)).toBe(1);
    expect(JSON.parse(stdout).damages, String(found)).toEqual([
      { kind: "manifest", file: "_manifest.json", message: expect.stringContaining("not what the checkpoints") },
    ]);
    const repaired = await runCli(["verify", "out", "--repair"], { cwd });
    expect(repaired, repaired.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("repaired") });
    expect(await datasetDigest(out)).toEqual(sound);
  }
});

test("what a run accepted as failures does not stop its repair", { timeout: 60_000 }, async () => {
  const cwd = await temporaryFolder();
  const lines = Array.from({ length: 400 }, (_, n) =>
    n % 4 > 0 ? "no record" : JSON.stringify({ text: `text ${n}` }),
  );
  await writeFile(path.join(cwd, "a.jsonl"), lines.join("\n"));
  const text = "source: { jsonl: { path: ./a.jsonl } }\nsteps: [dedupe-exact]\nsink: { jsonl: {} }\noutput: ./out\n";
  await writeFile(path.join(cwd, "pipeline.yaml"), text);
  const run = await runCli(["run", "pipeline.yaml", "--quiet", "--max-failure-ratio", "1"], { cwd });
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const out = path.join(cwd, "out");
  const sound = await datasetDigest(out);
  await rm(path.join(out, "shard-000000-0000.jsonl"));
  const repaired = await runCli(["verify", "out", "--repair"], { cwd });
  expect(repaired, repaired.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("repaired") });
  expect(await datasetDigest(out)).toEqual(sound);
});
