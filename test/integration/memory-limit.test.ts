import type { ChildProcess } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { createMemoryGroup, type MemoryGroup } from "../fixtures/memory-group.ts";
import { temporaryFolder } from "./run-pipeline.ts";

const MB = 1_000_000;
const limitBytes = 550 * MB;
const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

const probe = createMemoryGroup("pipeline-test-probe", limitBytes);
await probe?.remove();
const isUnlimited = probe === undefined;
const reason = isUnlimited ? ": skipped, this process may not create a control group with a memory limit" : "";

function memoryGroup(name: string): MemoryGroup {
  const group = createMemoryGroup(`pipeline-test-${name}`, limitBytes);
  if (group === undefined) throw new Error("a control group could be created before, and cannot now");
  onTestFinished(() => group.remove());
  return group;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function ended(child: ChildProcess): Promise<Ended> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}

async function runPipelineIn(group: MemoryGroup, folder: string, pipeline: string): Promise<Ended> {
  const file = path.join(folder, "pipeline.yaml");
  await writeFile(file, pipeline);
  const args = [cli, "run", file, "--to", path.join(folder, "out"), "--workers", "2", "--json"];
  return ended(group.spawn(process.execPath, args));
}

/** Reasons for which workers were lost, in the order of the events. */
function lostReasons({ output }: Ended): readonly unknown[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): { readonly type?: unknown; readonly reason?: unknown } => JSON.parse(line))
    .filter((event) => event.type === "worker-lost")
    .map((event) => event.reason);
}

test.skipIf(isUnlimited)(
  `images that a loop without a budget is killed for are all written, below the limit${reason}`,
  async () => {
    const folder = await temporaryFolder();
    const input = path.join(folder, "input");
    await mkdir(input);
    // A third of a megabyte that becomes 75 when it is decoded.
    const create = { width: 5000, height: 5000, channels: 3, background: "#1a7f3b" } as const;
    const image = await sharp({ create }).png().toBuffer();
    for (let n = 0; n < 10; n++) await writeFile(path.join(input, `${String(n).padStart(2, "0")}.png`), image);

    const naive = memoryGroup("naive");
    const loop = [path.join(fixtures, "decode-all-at-once.ts"), input];
    const killed = await ended(naive.spawn(process.execPath, loop, { UV_THREADPOOL_SIZE: "8" }));
    expect(killed.signal).toBe("SIGKILL");
    expect(naive.kernelKills()).toBe(1);

    const group = memoryGroup("budget");
    const run = await runPipelineIn(
      group,
      folder,
      `
source: { files: { path: ${JSON.stringify(input)}, splitBytes: 1MiB } }
steps:
  - filter-blur: { mode: score }
  - resize-image: { sizePixels: 256 }
sink: { webdataset: {} }
`,
    );
    expect(run, run.output).toMatchObject({ code: 0, signal: null });
    expect(lostReasons(run)).toEqual([]);
    expect(group.kernelKills()).toBe(0);
    expect(group.peakBytes()).toBeLessThan(limitBytes);
    const manifest: unknown = JSON.parse(await readFile(path.join(folder, "out", "_manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ accounting: { read: 10, written: 10 } });
  },
  120_000,
);

for (const what of ["buffers", "objects"] as const) {
  test.skipIf(isUnlimited)(
    `a sample for which a step takes ${what} without end costs itself, never the coordinator${reason}`,
    async () => {
      const folder = await temporaryFolder();
      const input = path.join(folder, "input");
      await mkdir(input);
      const lines = Array.from({ length: 100 }, (_, n) => JSON.stringify({ text: `number ${n}`, n }));
      await writeFile(path.join(input, "numbers.jsonl"), lines.join("\n"));
      const module = path.join(fixtures, "operators", "allocate-without-end.ts");
      const group = memoryGroup(what);
      const run = await runPipelineIn(
        group,
        folder,
        `
source: { jsonl: { path: ${JSON.stringify(input)}, splitBytes: 1KiB } }
steps:
  - map-module: { module: ${JSON.stringify(module)}, options: { number: 50, what: ${what} }, reads: [n] }
sink: { jsonl: {} }
`,
      );
      expect(run, run.output).toMatchObject({ code: 0, signal: null });
      const reasons = lostReasons(run);
      expect(reasons).not.toEqual([]);
      for (const why of reasons) expect(why).toMatch(/^it ran out of memory, /);
      const manifest: unknown = JSON.parse(await readFile(path.join(folder, "out", "_manifest.json"), "utf8"));
      expect(manifest).toMatchObject({
        accounting: { read: 100, written: 99, steps: { "1-map-module": { failed: { SAMPLE_OUT_OF_MEMORY: 1 } } } },
      });
    },
    120_000,
  );
}

test.skipIf(isUnlimited)(`the limit of a group around the process's own counts${reason}`, async () => {
  const group = memoryGroup("around");
  const module = new URL("../../src/executors/local/machine-limits.ts", import.meta.url).href;
  const code = `const { machineLimits } = await import(${JSON.stringify(module)}); console.log(machineLimits());`;
  const nested = `mkdir "$0/inner" && echo $$ > "$0/inner/cgroup.procs" && "$@"; echo $$ > "$0/cgroup.procs"; rmdir "$0/inner"`;
  const args = ["-c", nested, group.folder, process.execPath, "--input-type=module", "-e", code];
  const { output } = await ended(group.spawn("sh", args));
  expect(output).toContain("workers: 1,");
});
