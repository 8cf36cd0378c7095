import type { GoalResult, SideResult, WorkloadResult } from "./results.ts";
import type { Spread } from "./statistics.ts";

export const headings = ["workload", "side", "per s", "CPU ms each", "peak MiB", "ours is", "w/o its start", "goal"];

/** Lines of a table: one a side, those of a workload together, what has no figures last with the reason. */
export function tableRows(workload: WorkloadResult): readonly (readonly string[])[] {
  if (workload.absent !== undefined) return [[workload.id, `not run: ${workload.absent}`]];
  return workload.sides.map((side) => {
    const goals = workload.goals.filter((goal) => goal.side === (side.kind === "ours" ? "ours" : side.name));
    const label = side.kind.startsWith("ours") ? side.name : `${side.name} (${side.kind})`;
    if (side.absent !== undefined) return [workload.id, label, `not run: ${side.absent}`, ...goals.map(goalText)];
    return [
      workload.id,
      label,
      significant(side.itemsPerSecond?.median),
      significant(side.cpuMillisecondsPerItem?.median),
      significant(side.peakMebibytes?.median),
      times(side.timesAsFast),
      times(side.timesAsFastWithoutStart),
      [...goals.map(goalText), ...figureTexts(side, goals)].join("; "),
    ];
  });
}

export function printedTable(workloads: readonly WorkloadResult[]): string {
  return aligned(headings, workloads.flatMap(tableRows));
}

/** How the cost of our own job grows with input and workers. */
export function growthRows({ growth = [] }: WorkloadResult): readonly (readonly string[])[] {
  return growth.map(({ items, workers, wallSeconds, cpuSeconds, peakMebibytes }) => [
    String(items),
    String(workers),
    significant(wallSeconds),
    significant(items / wallSeconds),
    significant((cpuSeconds * 1000) / items),
    significant(peakMebibytes),
  ]);
}

export const growthHeadings = ["workers", "seconds", "per s", "CPU ms each", "peak MiB"];

export function printedGrowth(workload: WorkloadResult): string {
  return aligned([`${workload.id} ${workload.unit}`, ...growthHeadings], growthRows(workload));
}

/** Columns as wide as their widest cell; a reason is longer than its column and may be. */
function aligned(headings: readonly string[], body: readonly (readonly string[])[]): string {
  const rows = [headings, ...body];
  const widths = headings.map((_, column) =>
    Math.max(...rows.filter((row) => row.length === headings.length).map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(headings), rule, ...body.map(line)].map((text) => text.trimEnd()).join("\n");
}

function goalText({ text, reached, verdict }: GoalResult): string {
  return reached === undefined ? `${text}: ${verdict}` : `${text}: ${verdict} (${significant(reached)})`;
}

function figureTexts({ figures = {} }: SideResult, goals: readonly GoalResult[]): readonly string[] {
  return Object.entries(figures)
    .filter(([name]) => !goals.some(({ text }) => text.startsWith(`${name} `)))
    .map(([name, { median }]) => `${name} ${significant(median)}`);
}

/** `1.8x (1.7 to 1.9)`, empty of nothing. */
export function times(spread: Spread | undefined): string {
  if (spread === undefined) return "";
  return `${significant(spread.median)}x (${significant(spread.least)} to ${significant(spread.greatest)})`;
}

/** Three digits that say something. */
export function significant(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "";
  if (value === 0) return "0";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return decimals === 0 ? String(Math.round(value)) : value.toFixed(Math.min(decimals, 4));
}
