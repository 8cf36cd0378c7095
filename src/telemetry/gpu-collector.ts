import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { gpuMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

const askAgainMilliseconds = 10_000;
const answerMilliseconds = 5000;
const MiB = 2 ** 20;

interface GpuReading {
  /** As `nvidia-smi` counts. */
  readonly gpu: string;
  readonly utilization: number;
  readonly memoryUsed: number;
  readonly memory: number;
  readonly temperature: number;
  readonly power: number;
}

/** What the GPUs do, where `searchPath` has `nvidia-smi`; elsewhere there are no such metrics, and no cost. */
export function collectGpus(registry: MetricRegistry, searchPath: string): void {
  const program = programIn(searchPath);
  if (program === undefined) return;
  const readings = sometimes(() => readGpus(program));
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

function programIn(searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, "nvidia-smi"))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        // Not in this folder: then no GPU is shown.
        return false;
      }
    });
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

async function readGpus(program: string): Promise<readonly GpuReading[]> {
  const fields = "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw";
  try {
    const { stdout } = await promisify(execFile)(program, [`--query-gpu=${fields}`, "--format=csv,noheader,nounits"], {
      timeout: answerMilliseconds,
      killSignal: "SIGKILL",
    });
    return stdout
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => {
        const [gpu = "", ...values] = line.split(",").map((value) => value.trim());
        // What a card does not tell, such as `[N/A]`, is no number, and is not shown.
        const [utilization = NaN, memoryUsed = NaN, memory = NaN, temperature = NaN, power = NaN] = values.map(Number);
        return { gpu, utilization, memoryUsed, memory, temperature, power };
      });
  } catch {
    // A driver that does not answer shows as metrics that are gone.
    return [];
  }
}
