import type { ListedInput } from "./list-splits.ts";
import type { ProbeResult } from "./probe-pipeline.ts";

/** What the whole input will take, going by the samples that were tried. */
export interface RunEstimate {
  readonly samples: number;
  /** True when listing told the number of samples; else it is the input's bytes over a sample's. */
  readonly isSampleCountExact: boolean;
  readonly seconds: number;
  readonly samplesWritten: number;
  readonly bytesWritten: number;
}

/** Undefined figures do not exist here: null when nothing was read that one could go by. */
export function estimateRun(input: ListedInput, probe: ProbeResult, workers: number): RunEstimate | null {
  const { read, written } = probe.accounting;
  if (read === 0) return null;
  const bySize = probe.bytesIn === 0 ? read : (input.bytes * read) / probe.bytesIn;
  const samples = Math.round(input.samples ?? bySize);
  // A split is the unit of parallelism: workers beyond their number have nothing to do.
  const lanes = Math.max(1, Math.min(workers, input.splits));
  return {
    samples,
    isSampleCountExact: input.samples !== null,
    seconds: (samples * (probe.seconds / read)) / lanes,
    samplesWritten: Math.round((samples * written) / read),
    bytesWritten: Math.round((samples * probe.bytesOut) / read),
  };
}
