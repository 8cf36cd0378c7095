import { type GpuReading, nvidiaSmiIn, readGpus } from "../gpu/gpu-readings.ts";
import { CachedCheck } from "./cached-check.ts";
import type { HealthChecks } from "./health-report.ts";

const gpuCheck = { everySeconds: 10, timeoutSeconds: 6, graceSeconds: 30 };

/** What the GPUs of this machine do, asked in the background, where a search path like PATH has `nvidia-smi`. */
export class GpuChecks {
  readonly #check: CachedCheck | undefined;
  #readings: readonly GpuReading[] = [];

  constructor(searchPath: string) {
    const program = nvidiaSmiIn(searchPath);
    if (program === undefined) return;
    const ask = async () => {
      this.#readings = await readGpus(program);
    };
    this.#check = new CachedCheck({ ask, ...gpuCheck });
    this.#check.start();
  }

  stop(): void {
    this.#check?.stop();
  }

  /** One entry a GPU. A driver that does not answer warns: what needs it fails by itself, and the rest works. */
  checks(): HealthChecks {
    if (this.#check === undefined) return {};
    const { output, time } = this.#check.result;
    const base = { componentType: "system" as const, time: time.toISOString() };
    if (output !== undefined)
      return { "gpu:utilization": [{ ...base, status: "warn", output: `nvidia-smi: ${output}` }] };
    const entries = this.#readings.map(({ gpu, utilization }) => ({
      ...base,
      componentId: `gpu ${gpu}`,
      ...(Number.isFinite(utilization) ? { observedValue: utilization, observedUnit: "percent" } : {}),
      status: "pass" as const,
    }));
    return { "gpu:utilization": entries };
  }
}
