import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { runCli } from "./run-cli.ts";

const zod = import.meta.resolve("zod");

/** A map operator that throws on the numbers, and splits every seventh sample into three. */
function operatorCode(throwsOn: readonly number[], onThrow = "throw new TypeError(`not ${n}`)"): string {
  return `
import { z } from ${JSON.stringify(zod)};
export default {
  kind: "map", name: "picky", summary: "Throws now and then.", modality: "any", options: z.strictObject({}),
  signature: () => ({ reads: ["n"], writes: [], parts: [] }), dropReasons: () => ["unlucky"],
  open: async () => ({
    apply(sample) {
      const n = sample.attributes.n;
      if (${JSON.stringify(throwsOn)}.includes(n) && (n % 7 !== 0 || sample.id.endsWith("#1"))) { ${onThrow}; }
      if (n % 7 === 0 && !sample.id.includes("#")) return { kind: "split", samples: [sample, sample, sample] };
      return n % 11 === 3 ? { kind: "drop", reason: "unlucky" } : { kind: "keep", sample };
    },
  }),
};
`;
}

async function folderWith(steps: string): Promise<string> {
  const cwd = await temporaryFolder();
  await mkdir(path.join(cwd, "input"));
  const lines = Array.from({ length: 120 }, (_, n) => JSON.stringify({ id: `s${n}`, text: `document ${n}`, n }));
  await writeFile(path.join(cwd, "input", "a.jsonl"), lines.join("\n"));
  await writeFile(
    path.join(cwd, "pipeline.yaml"),
    `source: { jsonl: { path: ./input, idField: id, splitBytes: 1KiB } }\nsteps:\n${steps}sink: { jsonl: {} }\noutput: ./out\nrun: { workers: 2, maxFailureRatio: 1 }\n`,
  );
  return cwd;
}

const picky = "  - map-module: { module: ./picky.mjs, reads: [n], dropReasons: [unlucky] }\n";

async function manifestOf(cwd: string, output = "out") {
  return JSON.parse(await readFile(path.join(cwd, output, "_manifest.json"), "utf8"));
}

async function idsIn(cwd: string, output = "out"): Promise<readonly string[]> {
  const { shards } = await manifestOf(cwd, output);
  const ids: string[] = [];
  for (const { name } of shards) {
    const text = await readFile(path.join(cwd, output, name), "utf8");
    for (const line of text.trimEnd().split("\n")) ids.push(String(JSON.parse(line).id));
  }
  return ids.sort();
}

interface Failed {
  readonly id: string;
  readonly attempt: number;
  readonly error: { readonly code: string };
}

async function quarantined(cwd: string) {
  const { stdout } = await runCli(["quarantine", "list", "out", "--json"], { cwd });
  const samples: readonly Failed[] = JSON.parse(stdout).samples;
  return samples
    .map(({ id, attempt, error }) => ({ id, attempt, code: error.code }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

test("failed samples are tried again with the mended operator, into the same dataset", {
  timeout: 120_000,
}, async () => {
  const cwd = await folderWith(`  - sample: { fraction: 1 }\n${picky}${picky}`);
  const module = path.join(cwd, "picky.mjs");
  await writeFile(module, operatorCode([5, 6, 50, 90]));
  expect(await runCli(["run", "pipeline.yaml", "--quiet"], { cwd })).toMatchObject({ code: 0 });
  const before = await manifestOf(cwd);
  expect(before.totals.failed).toBe(4);

  // Nothing was mended: they fail again, and the accounts are what they were.
  const again = await runCli(["retry", "out"], { cwd });
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(await manifestOf(cwd)).toMatchObject({ totals: before.totals, accounting: before.accounting });
  expect(await quarantined(cwd)).toEqual(
    ["s5", "s50", "s6", "s90"].map((id) => ({ id, attempt: 2, code: "OPERATOR_FAILED" })),
  );
  expect((await runCli(["verify", "out"], { cwd })).stdout).toContain("sound");

  await writeFile(module, operatorCode([90]));
  const mended = await runCli(["retry", "out", "--class", "operator-bug"], { cwd });
  expect(mended, mended.stderr).toMatchObject({ code: 0 });
  expect(await quarantined(cwd)).toEqual([{ id: "s90", attempt: 3, code: "OPERATOR_FAILED" }]);
  expect((await runCli(["verify", "out"], { cwd })).stdout).toContain("sound");
  const story = async (id: string) => JSON.parse((await runCli(["explain", "out", id, "--json"], { cwd })).stdout);
  expect(await story("s50")).toMatchObject({ samples: [{ end: { kind: "written", found: { id: "s50" } } }] });
  expect(await story("s90")).toMatchObject({ samples: [{ end: { kind: "failed", record: { attempt: 3 } } }] });
  expect(await runCli(["run", "pipeline.yaml", "--to", "fresh", "--quiet"], { cwd })).toMatchObject({ code: 0 });
  const [now, fresh] = [await manifestOf(cwd), await manifestOf(cwd, "fresh")];
  expect(now.totals).toEqual(fresh.totals);
  expect(now.accounting).toEqual(fresh.accounting);
  expect(await idsIn(cwd)).toEqual(await idsIn(cwd, "fresh"));
  // What was written before is as it was: the new samples lie in shards behind it.
  expect(now.shards.slice(0, before.shards.length)).toEqual(before.shards);
});

test("a child is tried again without its siblings, and only the class that is named", {
  timeout: 120_000,
}, async () => {
  const cwd = await folderWith(picky + picky);
  const module = path.join(cwd, "picky.mjs");
  await writeFile(module, operatorCode([7, 14, 5], "if (n === 14) process.exit(3); throw new TypeError(`not ${n}`)"));
  const run = await runCli(["run", "pipeline.yaml", "--quiet"], { cwd });
  expect(run, run.stderr).toMatchObject({ code: 0 });
  expect(await quarantined(cwd)).toEqual(
    expect.arrayContaining([
      { id: "s7#1", attempt: 1, code: "OPERATOR_FAILED" },
      { id: "s14#1", attempt: 1, code: "SAMPLE_CRASHED" },
      { id: "s5", attempt: 1, code: "OPERATOR_FAILED" },
    ]),
  );
  // It crashes again, alone.
  const crashed = await runCli(["retry", "out", "--code", "SAMPLE_CRASHED"], { cwd });
  expect(crashed, crashed.stderr).toMatchObject({ code: 0 });
  expect(await quarantined(cwd)).toEqual(
    expect.arrayContaining([
      { id: "s14#1", attempt: 2, code: "SAMPLE_CRASHED" },
      { id: "s5", attempt: 1, code: "OPERATOR_FAILED" },
    ]),
  );
  await writeFile(module, operatorCode([5]));
  const mended = await runCli(["retry", "out", "--code", "SAMPLE_CRASHED"], { cwd });
  expect(mended, mended.stderr).toMatchObject({ code: 0 });
  expect((await runCli(["retry", "out", "--step", "map-module"], { cwd })).code).toBe(0);
  expect(await quarantined(cwd)).toEqual([{ id: "s5", attempt: 2, code: "OPERATOR_FAILED" }]);
  expect((await runCli(["verify", "out"], { cwd })).stdout).toContain("sound");
  expect(await runCli(["run", "pipeline.yaml", "--to", "fresh", "--quiet"], { cwd })).toMatchObject({ code: 0 });
  expect((await manifestOf(cwd)).accounting).toEqual((await manifestOf(cwd, "fresh")).accounting);
  expect(await idsIn(cwd)).toEqual(await idsIn(cwd, "fresh"));
});

test("behind a gather step the splits run again, and the dataset is that of a fresh run", {
  timeout: 90_000,
}, async () => {
  const cwd = await folderWith(`${picky}  - dedupe-exact\n`);
  const module = path.join(cwd, "picky.mjs");
  await writeFile(module, operatorCode([5, 60]));
  expect(await runCli(["run", "pipeline.yaml", "--quiet"], { cwd })).toMatchObject({ code: 0 });
  await writeFile(module, operatorCode([]));
  const retried = await runCli(["retry", "out"], { cwd });
  expect(retried, retried.stderr).toMatchObject({ code: 0 });
  expect(retried.stderr).toContain("their splits run again");
  expect(await runCli(["run", "pipeline.yaml", "--to", "fresh", "--quiet"], { cwd })).toMatchObject({ code: 0 });
  expect(await manifestOf(cwd)).toEqual(await manifestOf(cwd, "fresh"));
});

test("a run that is not finished is to be resumed first", async () => {
  const cwd = await folderWith(picky);
  await writeFile(path.join(cwd, "picky.mjs"), operatorCode([5]));
  expect((await runCli(["run", "pipeline.yaml", "--quiet", "--max-failure-ratio", "0"], { cwd })).code).toBe(1);
  const refused = await runCli(["retry", "out"], { cwd });
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error RETRY_IMPOSSIBLE: .*resume it first/m),
  });
});
