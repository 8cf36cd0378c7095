import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { metricSamples } from "../../test/fixtures/metric-samples.ts";
import { collectGpus } from "./gpu-collector.ts";
import { MetricRegistry } from "./metric-registry.ts";

const isElsewhere = process.platform === "win32";

/** GPU metrics where `nvidia-smi` is this shell script. */
async function gpuSamples(script: string): Promise<readonly (readonly [string, number])[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "pipeline-gpu-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(path.join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(folder, "nvidia-smi"), 0o755);
  return samplesWith(`/nowhere${path.delimiter}${folder}`);
}

async function samplesWith(searchPath: string): Promise<readonly (readonly [string, number])[]> {
  const registry = new MetricRegistry();
  collectGpus(registry, searchPath);
  return [...metricSamples(await registry.text())].filter(([name]) => name.startsWith("pipeline_gpu_"));
}

test.skipIf(isElsewhere)("each GPU shows what it says in base units, and not what it does not say", async () => {
  const script = `echo "0, 37, 1024, 81559, 45, 120.50"\necho "1, [N/A], 0, 81559, 30, [Not Supported]"`;
  expect(Object.fromEntries(await gpuSamples(script))).toEqual({
    'pipeline_gpu_utilization_ratio{gpu="0"}': 0.37,
    'pipeline_gpu_memory_used_bytes{gpu="0"}': 2 ** 30,
    'pipeline_gpu_memory_used_bytes{gpu="1"}': 0,
    'pipeline_gpu_memory_bytes{gpu="0"}': 81559 * 2 ** 20,
    'pipeline_gpu_memory_bytes{gpu="1"}': 81559 * 2 ** 20,
    'pipeline_gpu_temperature_celsius{gpu="0"}': 45,
    'pipeline_gpu_temperature_celsius{gpu="1"}': 30,
    'pipeline_gpu_power_watts{gpu="0"}': 120.5,
  });
});

test.skipIf(isElsewhere)("a driver that fails shows no GPU, and the other metrics all the same", async () => {
  expect(await gpuSamples('echo "NVIDIA-SMI has failed"; exit 9')).toEqual([]);
});

test("without nvidia-smi there are no GPU metrics", async () => {
  expect(await samplesWith("/nowhere")).toEqual([]);
});
