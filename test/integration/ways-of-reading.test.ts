import { mkdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { expect, test } from "vitest";
import { asPipelineError, type PipelineError } from "../../src/model/errors.ts";
import { Quarantine } from "../../src/worker/quarantine.ts";
import { datasetDigest, runPipeline, temporaryFolder } from "./run-pipeline.ts";

const throwOn = fileURLToPath(new URL("../fixtures/operators/throw-on.ts", import.meta.url));

/** Pairs of an image and a sidecar, among them some that fail at every point where a sample can. */
async function writePairs(folder: string): Promise<readonly string[]> {
  const image = await sharp({
    create: {
      width: 400,
      height: 300,
      channels: 3,
      background: "teal",
      noise: { type: "gaussian", mean: 128, sigma: 30 },
    },
  })
    .jpeg()
    .toBuffer();
  const names: string[] = [];
  for (let n = 0; n < 70; n++) {
    const isCut = n % 10 === 3;
    const isEmpty = n % 10 === 4;
    const sidecar = n % 10 === 6 ? "{ no json" : JSON.stringify({ n });
    await writeFile(
      path.join(folder, `${n}.jpg`),
      isEmpty ? "" : isCut ? image.subarray(0, image.byteLength / 2) : image,
    );
    await writeFile(path.join(folder, `${n}.json`), n % 10 === 7 ? Buffer.from([0x22, 0xff, 0x22]) : sidecar);
    names.push(`${n}.jpg`, `${n}.json`);
  }
  return names;
}

test("failed samples are recorded alike, and all else too, however their files are read", async () => {
  const folder = await temporaryFolder();
  const input = path.join(folder, "input");
  const elsewhere = path.join(folder, "elsewhere");
  await mkdir(input);
  await mkdir(elsewhere);
  const names = await writePairs(input);
  const text = `
source: { files: { path: ${JSON.stringify(input)}, sidecarAttributes: true } }
steps:
  - map-module: { module: ${JSON.stringify(throwOn)}, options: { numbers: [5, 15, 69], isAsync: true }, reads: [n] }
  - resize-image: { sizePixels: 20 }
sink: { webdataset: {} }
`;
  const direct = path.join(folder, "direct");
  const summary = await runPipeline(text, direct);
  // Behind links the same files, with the same versions, are read by the thread pool.
  for (const name of names) {
    await rename(path.join(input, name), path.join(elsewhere, name));
    await symlink(path.join(elsewhere, name), path.join(input, name));
  }
  const linked = path.join(folder, "linked");
  expect(await runPipeline(text, linked)).toMatchObject({ accounting: summary.accounting });
  expect(summary.accounting).toMatchObject({ read: 70, written: 39 });
  expect(await datasetDigest(linked)).toEqual(await datasetDigest(direct));
  const quarantine = await readFile(path.join(direct, "_quarantine/shard-000000.jsonl"), "utf8");
  expect(quarantine).toContain("throw-on.ts");
  expect(quarantine).not.toContain("node:internal");
});

/** What a step throws, a turn later, that is begun once something was waited for. */
async function failureAfter(wait: () => Promise<unknown>): Promise<PipelineError> {
  const step = async () => {
    await Promise.resolve();
    throw new TypeError("not my number");
  };
  await wait();
  try {
    await step();
  } catch (error) {
    return asPipelineError(error, "OPERATOR_FAILED", "the step threw");
  }
  throw new Error("nothing was thrown");
}

async function recordOf(error: PipelineError): Promise<string> {
  const folder = await temporaryFolder();
  const quarantine = new Quarantine({ uri: folder, split: 0, attempt: "a" }, 0, "plan");
  quarantine.add({ id: "seven", uri: "seven.txt", range: undefined, position: 7, attempt: 1, step: "step", error });
  const shard = await quarantine.commit();
  return readFile(path.join(folder, shard?.storedAs ?? ""), "utf8");
}

function causeStack({ cause }: PipelineError): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}

test("a failure is recorded alike whether a file was waited for before or nothing but a turn", async () => {
  const errors: PipelineError[] = [];
  for (const wait of [() => stat(import.meta.dirname), () => new Promise<void>((turn) => process.nextTick(turn))])
    errors.push(await failureAfter(wait));
  const [afterFile, afterTurn] = errors;
  if (afterFile === undefined || afterTurn === undefined) throw new Error("two failures were expected");
  // The difference that must not show: by which queue Node came to the step.
  expect(causeStack(afterTurn)).not.toBe(causeStack(afterFile));
  const record = await recordOf(afterFile);
  expect(record).toContain("ways-of-reading.test.ts");
  expect(await recordOf(afterTurn)).toBe(record);
});
