import { z } from "zod";

const spread = z.strictObject({ median: z.number(), least: z.number(), greatest: z.number() });
const sideKind = z.enum(["ours", "ours, part", "documented", "expert"]);

const sideResult = z.strictObject({
  name: z.string(),
  kind: sideKind,
  note: z.string().optional(),
  /** Why there are no figures of it. */
  absent: z.string().optional(),
  /** What the gate said. */
  equality: z.string().optional(),
  items: z.number().optional(),
  runs: z.number().optional(),
  itemsPerSecond: spread.optional(),
  cpuMillisecondsPerItem: spread.optional(),
  peakMebibytes: spread.optional(),
  /** How many times as fast ours is, pair by pair, from start to end of the process. */
  timesAsFast: spread.optional(),
  /** The same without the peer's start, where it tells that; ours includes its own. */
  timesAsFastWithoutStart: spread.optional(),
  /** How many times the CPU time of ours it takes. */
  timesTheCpu: spread.optional(),
  timesTheMemory: spread.optional(),
  figures: z.record(z.string(), spread).optional(),
  /** Most cores that others kept busy during a run that counted. */
  foreignCores: z.number().optional(),
});

const goalResult = z.strictObject({
  side: z.string(),
  text: z.string(),
  reached: z.number().optional(),
  verdict: z.enum(["met", "missed", "not measured"]),
});

const growthResult = z.strictObject({
  items: z.number(),
  workers: z.number(),
  wallSeconds: z.number(),
  cpuSeconds: z.number(),
  peakMebibytes: z.number(),
});

const workloadResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  unit: z.string(),
  /** Day of the run, `2025-01-31`. */
  day: z.string(),
  machine: z.string(),
  versions: z.record(z.string(), z.string()),
  /** Undefined where nothing could be prepared. */
  input: z.string().optional(),
  absent: z.string().optional(),
  sides: z.array(sideResult),
  goals: z.array(goalResult),
  growth: z.array(growthResult).optional(),
  /** Pairs that did not count, since others kept the machine busy. */
  discardedPairs: z.number().optional(),
});

export const resultsSchema = z.strictObject({
  version: z.literal(1),
  size: z.enum(["small", "full"]),
  workloads: z.array(workloadResult),
});

export type SideResult = z.output<typeof sideResult>;
export type GoalResult = z.output<typeof goalResult>;
export type WorkloadResult = z.output<typeof workloadResult>;
export type Results = z.output<typeof resultsSchema>;

/** The new figures, and what was known of other workloads at the same size; in the order of `ids`. */
export function mergedResults(known: Results | undefined, fresh: Results, ids: readonly string[]): Results {
  const kept = known?.size === fresh.size ? known.workloads : [];
  const others = kept.filter(({ id }) => !fresh.workloads.some((workload) => workload.id === id));
  const workloads = [...others, ...fresh.workloads].toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  return { ...fresh, workloads };
}
