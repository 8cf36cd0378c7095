import { type GpuReading, nvidiaSmiIn, readGpus } from "../gpu/gpu-readings.ts";
import { gpuMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

const askAgainMilliseconds = 10_000;
const MiB = 2 ** 20;

/** What the GPUs do, where `searchPath` has `nvidia-smi`; elsewhere there are no such metrics, and no cost. */
export function collectGpus(registry: MetricRegistry, searchPath: string): void {
  const program = nvidiaSmiIn(searchPath);
  if (program === undefined) return;
  const readings = sometimes(() => answered(program));
  const show = (definition: (typeof gpuMetrics)[keyof typeof gpuMetrics], pick: (reading: GpuReading) => number) => {
    const gauge = registry.gauge(definition, async () => {
      const found = await readings();
      gauge.reset();
      for (const reading of found) {
        const value = pick(reading);
        if (Number.isFinite(value)) gauge.set({ gpu: reading.gpu }, value);
      }
    });
  };
  show(gpuMetrics.gpuUtilization, ({ utilization }) => utilization / 100);
  show(gpuMetrics.gpuMemoryUsed, ({ memoryUsed }) => memoryUsed * MiB);
  show(gpuMetrics.gpuMemory, ({ memory }) => memory * MiB);
  show(gpuMetrics.gpuTemperature, ({ temperature }) => temperature);
  show(gpuMetrics.gpuPower, ({ power }) => power);
}

/** Gives the last answer again until it is old. */
function sometimes<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let last: { readonly at: number; readonly answer: Promise<Answer> } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at > askAgainMilliseconds) last = { at: now, answer: ask() };
    return last.answer;
  };
}

async function answered(program: string): Promise<readonly GpuReading[]> {
  try {
    return await readGpus(program);
  } catch {
    // A driver that does not answer shows as metrics that are gone.
    return [];
  }
}
