import type { GoalResult, SideResult } from "./results.ts";
import { spread } from "./statistics.ts";
import type { Goal, Measured, Side } from "./workload.ts";

/** A run, and the neighbouring run of ours; for ours itself there is no pair. */
export interface Pair {
  readonly run: Measured;
  readonly ours: Measured | undefined;
}

const mebibyte = 2 ** 20;

/** Figures of one side from the runs that count. */
export function summarise(side: Side, pairs: readonly Pair[], equality: string | undefined): SideResult {
  const runs = pairs.map(({ run }) => run);
  const compared = pairs.flatMap(({ run, ours }) => (ours === undefined ? [] : [{ run, ours }]));
  const worked = compared.filter(({ run }) => run.workSeconds !== undefined);
  const names = new Set(runs.flatMap(({ figures = {} }) => Object.keys(figures)));
  const figures = [...names].map((name) => [name, spread(runs.flatMap((run) => run.figures?.[name] ?? []))]);
  const foreign = runs.flatMap(({ foreignCores }) => foreignCores ?? []);
  return withoutUndefined({
    name: side.name,
    kind: side.kind,
    note: side.note,
    equality,
    items: runs[0]?.items,
    runs: runs.length,
    itemsPerSecond: spread(runs.map(({ items, wallSeconds }) => items / wallSeconds)),
    cpuMillisecondsPerItem: spread(runs.map(({ items, cpuSeconds }) => (cpuSeconds * 1000) / items)),
    peakMebibytes: spread(runs.map(({ peakBytes }) => peakBytes / mebibyte)),
    timesAsFast: spread(
      compared.map(({ run, ours }) => perItem(run, run.wallSeconds) / perItem(ours, ours.wallSeconds)),
    ),
    timesAsFastWithoutStart: spread(
      worked.map(({ run, ours }) => perItem(run, run.workSeconds ?? Number.NaN) / perItem(ours, ours.wallSeconds)),
    ),
    timesTheCpu: spread(compared.map(({ run, ours }) => perItem(run, run.cpuSeconds) / perItem(ours, ours.cpuSeconds))),
    timesTheMemory: spread(compared.map(({ run, ours }) => run.peakBytes / ours.peakBytes)),
    figures: figures.length === 0 ? undefined : Object.fromEntries(figures),
    foreignCores: foreign.length === 0 ? undefined : Math.max(...foreign),
  });
}

function perItem({ items }: Measured, amount: number): number {
  return amount / items;
}

/** JSON knows no undefined, and neither does the schema of the results. */
function withoutUndefined<T extends object>(fields: { [name in keyof T]: T[name] | undefined }): T {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.assign(Object.create(Object.prototype), Object.fromEntries(kept));
}

/** Holds a goal against the results; the stricter of the two ratios counts where the peer's start is known. */
export function judge(goal: Goal, sides: readonly SideResult[]): GoalResult {
  if (goal.kind === "figure") {
    const side = sides.find(({ kind, figures }) => kind === "ours" && figures?.[goal.figure] !== undefined);
    const reached = side?.figures?.[goal.figure]?.median;
    const text = `${goal.figure} <= ${goal.atMost}${goal.unit === "" ? "" : ` ${goal.unit}`}`;
    return verdictOf("ours", text, reached, (value) => value <= goal.atMost);
  }
  const side = sides.find(({ name }) => name === goal.against);
  const reached =
    goal.of === "memory"
      ? side?.timesTheMemory?.median
      : (side?.timesAsFastWithoutStart?.median ?? side?.timesAsFast?.median);
  const text = goal.of === "memory" ? `>= ${goal.atLeast}x less memory` : `>= ${goal.atLeast}x`;
  return verdictOf(goal.against, text, reached, (value) => value >= goal.atLeast);
}

function verdictOf(
  side: string,
  text: string,
  reached: number | undefined,
  isMet: (value: number) => boolean,
): GoalResult {
  if (reached === undefined) return { side, text, verdict: "not measured" };
  return { side, text, reached, verdict: isMet(reached) ? "met" : "missed" };
}
