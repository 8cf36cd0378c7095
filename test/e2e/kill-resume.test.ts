import { spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { datasetDigest, temporaryFolder } from "../integration/run-pipeline.ts";
import { cliEntry } from "./run-cli.ts";

const kills = 20;

/** Runs the pipeline in a process group of its own, ended by SIGKILL after `milliseconds`. */
function runKilledAfter(
  pipelineFile: string,
  milliseconds: number,
): Promise<{ readonly wasKilled: boolean; readonly code: number | null; readonly stderr: string }> {
  const child = spawn(process.execPath, [cliEntry, "run", pipelineFile, "--quiet"], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, milliseconds);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ wasKilled: signal === "SIGKILL", code, stderr });
    });
  });
}

/** Pseudo-random in 0 to 1 from a seed, so that a failing series can be had again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function writePipeline(folder: string, output: string): Promise<string> {
  const file = path.join(folder, `${output}.yaml`);
  await writeFile(
    file,
    `
source: { jsonl: { path: ./input, splitBytes: 128KiB } }
steps:
  - sample: { fraction: 0.8 }
  - dedupe-exact
sink: { webdataset: { samplesPerShard: 400 } }
output: ./${output}
run: { workers: 2, checkpointInterval: 20ms, maxFailureRatio: 1 }
`,
  );
  return file;
}

test(`kill -9 of everything at ${kills} random moments: the same bytes as an undisturbed run`, {
  timeout: 300_000,
}, async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "input"));
  for (let file = 0; file < 4; file++) {
    const lines = Array.from({ length: 6000 }, (_, index) =>
      index % 50 === 7
        ? "not a record"
        : JSON.stringify({ text: `${file} ${index} ${"lorem ipsum ".repeat(index % 60)}` }),
    );
    await writeFile(path.join(folder, "input", `${file}.jsonl`), lines.join("\n"));
  }
  const started = performance.now();
  const undisturbed = await runKilledAfter(await writePipeline(folder, "undisturbed"), 200_000);
  const milliseconds = performance.now() - started;
  expect(undisturbed, undisturbed.stderr).toMatchObject({ wasKilled: false, code: 0 });
  const expected = await datasetDigest(path.join(folder, "undisturbed"));

  const seed = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31);
  const random = randomFrom(seed);
  let killed = 0;
  for (let series = 0; killed < kills; series++) {
    const pipelineFile = await writePipeline(folder, `killed-${series}`);
    for (;;) {
      const result = await runKilledAfter(pipelineFile, killed < kills ? milliseconds * (0.15 + random()) : 200_000);
      if (result.wasKilled) {
        killed++;
        continue;
      }
      expect(result.code, `seed ${seed}, series ${series}: ${result.stderr}`).toBe(0);
      break;
    }
    const output = path.join(folder, `killed-${series}`);
    expect(await datasetDigest(output), `KILL_SEED=${seed}, series ${series}`).toEqual(expected);
    expect((await readdir(output)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }
});
