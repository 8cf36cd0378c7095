import { MemoryGauge } from "../worker/memory-gauge.ts";
import type { HealthChecks } from "./health-report.ts";

const warnMemoryRatio = 0.9;

/** What can be told of this machine, or of the control group that this process is in, at any moment. */
export function systemChecks(at: Date, gauge = new MemoryGauge()): HealthChecks {
  const { usedBytes, limitBytes } = gauge.read();
  const ratio = usedBytes / limitBytes;
  const isHigh = ratio > warnMemoryRatio;
  return {
    "memory:utilization": [
      {
        componentType: "system",
        observedValue: Math.round(ratio * 1000) / 10,
        observedUnit: "percent",
        status: isHigh ? "warn" : "pass",
        time: at.toISOString(),
        ...(isHigh
          ? { output: `${Math.round(usedBytes / 2 ** 20)} MiB of ${Math.round(limitBytes / 2 ** 20)} MiB are in use` }
          : {}),
      },
    ],
  };
}
