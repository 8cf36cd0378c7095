import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { datasetDigest, runPipeline, temporaryFolder } from "./run-pipeline.ts";

/** Records with some that cannot be parsed, cut into a dozen splits. */
async function writeInput(folder: string): Promise<string> {
  const input = path.join(folder, "input");
  await mkdir(input);
  for (let file = 0; file < 3; file++) {
    const lines = Array.from({ length: 2000 }, (_, index) =>
      index % 97 === 13
        ? `{"text": broken ${index}`
        : JSON.stringify({ text: `document ${file} ${index} ${"word ".repeat(index % 40)}`, n: index }),
    );
    await writeFile(path.join(input, `${file}.jsonl`), `${lines.join("\n")}\n`);
  }
  return input;
}

function pipelineText(input: string, streaming: boolean): string {
  return `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 64KiB } }
steps:
  - sample: { fraction: 0.7 }
  - rename: { attributes: { n: number } }
  - filter: { where: "number % 7 != 3" }
sink: { jsonl: { samplesPerShard: 150 } }
run: { streaming: ${streaming} }
`;
}

test("the number of workers changes no byte", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const summaries = [];
  for (const workers of [1, 3])
    summaries.push(
      await runPipeline(pipelineText(input, true), path.join(folder, `w${workers}`), { settings: { workers } }),
    );
  expect(summaries.map((summary) => summary.outcome)).toEqual(["succeeded", "succeeded"]);
  expect(summaries[0]?.accounting.unreadable).toEqual({ RECORD_INVALID: 63 });
  const one = await datasetDigest(path.join(folder, "w1"));
  expect([...one.keys()]).toContain("_SUCCESS");
  expect(one.size).toBeGreaterThan(12);
  expect(await datasetDigest(path.join(folder, "w3"))).toEqual(one);
});

test("materialising every step gives the same shards, and keeps what each step left", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const streamed = await runPipeline(pipelineText(input, true), path.join(folder, "streamed"));
  const materialised = await runPipeline(pipelineText(input, false), path.join(folder, "materialised"));
  expect(materialised.accounting).toEqual(streamed.accounting);
  const shardsOf = (digest: ReadonlyMap<string, string>) => [...digest].filter(([name]) => name.startsWith("shard-"));
  const digest = await datasetDigest(path.join(folder, "materialised"));
  expect(shardsOf(digest)).toEqual(shardsOf(await datasetDigest(path.join(folder, "streamed"))));
  const stages = new Set(
    [...digest.keys()].filter((name) => name.startsWith("_stages")).map((name) => /stage-(\d+)/.exec(name)?.[1]),
  );
  expect(stages).toEqual(new Set(["0", "1"]));
});

test("a run that is drained and continued ends with the same bytes", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const output = path.join(folder, "drained");
  let finished = 0;
  const first = await runPipeline(pipelineText(input, true), output, {
    onEvent: (event, run) => {
      if (event.type === "task-finished" && ++finished === 3) run.drain("SIGTERM");
    },
  });
  expect(first.outcome).toBe("interrupted");
  expect([...(await datasetDigest(output)).keys()]).not.toContain("_SUCCESS");
  const second = await runPipeline(pipelineText(input, true), output);
  expect(second.outcome).toBe("succeeded");
  await runPipeline(pipelineText(input, true), path.join(folder, "undisturbed"));
  expect(await datasetDigest(output)).toEqual(await datasetDigest(path.join(folder, "undisturbed")));
});

test("a finished run is left as it is", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const output = path.join(folder, "out");
  const first = await runPipeline(pipelineText(input, true), output);
  const before = await datasetDigest(output);
  const again = await runPipeline(pipelineText(input, true), output);
  expect(again).toMatchObject({ outcome: "succeeded", wasComplete: true, accounting: first.accounting });
  expect(await datasetDigest(output)).toEqual(before);
});

test("another plan in the same folder is refused, and the differing key is named", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const output = path.join(folder, "out");
  await runPipeline(pipelineText(input, true), output);
  const other = runPipeline(pipelineText(input, true).replace("0.7", "0.5"), output);
  await expect(other).rejects.toMatchObject({
    code: "PLAN_MISMATCH",
    message: expect.stringContaining("fraction: was 0.7, now 0.5"),
  });
});

test("a folder that holds something else is refused", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  await expect(runPipeline(pipelineText(input, true), input)).rejects.toMatchObject({ code: "OUTPUT_NOT_EMPTY" });
});

test("an input file that changed since the run began fails its splits and is named; the others are done", async () => {
  const folder = await temporaryFolder();
  const input = await writeInput(folder);
  const output = path.join(folder, "out");
  await runPipeline(pipelineText(input, true), output, {
    onEvent: (event, run) => {
      if (event.type === "input-listed") run.drain("SIGTERM");
    },
  });
  await writeFile(path.join(input, "1.jsonl"), '{"text":"another document","n":1}\n');
  const summary = await runPipeline(pipelineText(input, true), output);
  expect(summary.outcome).toBe("failed");
  expect(summary.error).toMatchObject({ code: "INPUT_CHANGED", message: expect.stringContaining("1.jsonl") });
  expect(summary.failedTasks.length).toBeGreaterThan(0);
  expect(summary.accounting.read).toBeGreaterThan(3900);
});
