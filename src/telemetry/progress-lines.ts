import { emptyStepAccounting, totalOf } from "../contract/accounting.ts";
import { formatBytes } from "../contract/units.ts";
import { formatByteRate, formatCount, formatDuration, formatPercent, formatRate } from "./format-quantity.ts";
import { fitText, type Paint, type Style } from "./paint.ts";
import { figuresOf, type RunFigures } from "./run-figures.ts";
import type { RunSnapshot, WorkerState } from "./run-snapshot.ts";
import { type Cell, type Column, tableLines } from "./text-table.ts";

interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

const widest = 110;

/** The live display as lines, none wider than the screen and not more than it has rows. */
export function progressLines(snapshot: RunSnapshot, at: number, screen: Screen): readonly string[] {
  const width = Math.min(screen.columns - 1, widest);
  const figures = figuresOf(snapshot, at);
  const head = [barLine(snapshot, figures, width, screen.paint), rateLine(snapshot, figures, width, screen.paint)];
  const steps = ["", ...stepLines(snapshot, figures, width, screen.paint)];
  const workers = ["", ...workerLines(snapshot, width, screen.paint)];
  const room = screen.rows - 1 - head.length;
  if (steps.length + workers.length <= room) return [...head, ...steps, ...workers];
  if (steps.length <= room) return [...head, ...steps];
  return head;
}

function barLine(snapshot: RunSnapshot, figures: RunFigures, width: number, paint: Paint): string {
  // Of a steady width, so that the bar does not tremble.
  const label = phaseLabel(snapshot, figures).padEnd(26);
  const barWidth = Math.max(10, width - [...label].length - 2);
  const filled = figures.fraction * barWidth;
  const whole = Math.floor(filled);
  const half = filled - whole >= 0.5 && whole < barWidth;
  const done = "━".repeat(whole) + (half ? "╸" : "");
  const rest = "─".repeat(barWidth - whole - (half ? 1 : 0));
  return `${paint(snapshot.phase === "draining" ? "yellow" : "green", done)}${paint("dim", rest)}  ${label.trimEnd()}`;
}

function phaseLabel(snapshot: RunSnapshot, figures: RunFigures): string {
  if (snapshot.phase === "draining") return "draining: finishing what is running";
  if (snapshot.stage === null) return snapshot.input === null ? "listing the input" : "starting";
  const percent = formatPercent(figures.fraction).padStart(6);
  const elapsed = formatDuration(figures.elapsedSeconds);
  if (figures.remainingSeconds === undefined) return `${percent}  ${elapsed}`;
  return `${percent}  ${elapsed}, ${formatDuration(figures.remainingSeconds)} left`;
}

function rateLine(snapshot: RunSnapshot, figures: RunFigures, width: number, paint: Paint): string {
  const { totals } = figures;
  const facts: { readonly text: string; readonly style?: Style }[] = [
    { text: `${formatCount(totals.read)} read` },
    { text: formatRate(figures.samplesPerSecond), style: "cyan" },
    { text: formatByteRate(figures.bytesPerSecond), style: "cyan" },
    { text: `${formatCount(totals.written)} written` },
    { text: `${formatCount(totals.dropped)} dropped` },
    { text: `${formatCount(totals.failed)} failed`, ...(totals.failed > 0 ? { style: "red" as const } : {}) },
  ];
  if (snapshot.stage !== null) facts.push({ text: taskFact(snapshot, snapshot.stage) });
  if (snapshot.retries > 0) facts.push({ text: `${formatCount(snapshot.retries)} retried`, style: "yellow" });
  let length = 0;
  const shown: string[] = [];
  for (const fact of facts) {
    length += fact.text.length + (shown.length === 0 ? 0 : 3);
    if (length > width) break;
    shown.push(fact.style === undefined ? fact.text : paint(fact.style, fact.text));
  }
  return shown.join(paint("dim", " · "));
}

function taskFact(snapshot: RunSnapshot, stage: { index: number; tasks: number; finishedTasks: number }): string {
  const tasks = `${formatCount(stage.finishedTasks)}/${formatCount(stage.tasks)} splits`;
  return snapshot.stageCount === 1 ? tasks : `stage ${stage.index + 1}/${snapshot.stageCount}, ${tasks}`;
}

const stepColumns: readonly Column[] = [
  { title: "step", isFlexible: true },
  { title: "in", align: "right" },
  { title: "kept", align: "right" },
  { title: "dropped", align: "right" },
  { title: "failed", align: "right" },
  { title: "busy", align: "right" },
];

function stepLines(snapshot: RunSnapshot, figures: RunFigures, width: number, paint: Paint): readonly string[] {
  const { accounting } = figures;
  const unreadable = totalOf(accounting.unreadable);
  const unwritable = totalOf(accounting.unwritable);
  const rows = [
    stepRow("read", accounting.read, accounting.read - unreadable, null, unreadable, figures),
    ...snapshot.stepIds.map((id) => {
      const step = accounting.steps[id] ?? emptyStepAccounting;
      return stepRow(id, step.in, step.kept + step.children, totalOf(step.dropped), totalOf(step.failed), figures);
    }),
    stepRow("write", accounting.written + unwritable, accounting.written, null, unwritable, figures),
  ];
  return tableLines(stepColumns, rows, { width, paint });
}

function stepRow(
  id: string,
  into: number,
  kept: number,
  dropped: number | null,
  failed: number,
  figures: RunFigures,
): readonly Cell[] {
  const share = figures.busyShares[id];
  return [
    { text: id },
    { text: formatCount(into) },
    { text: formatCount(kept) },
    dropped === null
      ? { text: "" }
      : { text: formatCount(dropped), ...(dropped > 0 ? { style: "yellow" as const } : {}) },
    { text: formatCount(failed), ...(failed > 0 ? { style: "red" as const } : { style: "dim" as const }) },
    { text: share === undefined ? "" : formatPercent(share) },
  ];
}

function workerLines(snapshot: RunSnapshot, width: number, paint: Paint): readonly string[] {
  return [...snapshot.workers.values()]
    .sort((a, b) => a.worker - b.worker)
    .map((state) => workerLine(state, width, paint));
}

function workerLine(state: WorkerState, width: number, paint: Paint): string {
  const label = `worker ${state.worker}`;
  const { activity } = state;
  if (activity.doing !== "task") return `${paint("dim", label)}  ${paint("dim", activity.doing)}`;
  const what = `split ${activity.task.split}  ${activity.step}`;
  const room = width - label.length - what.length - 4;
  const sample = room < 8 ? "" : `  ${paint("dim", fitText(activity.sample, room))}`;
  return `${paint("dim", label)}  ${fitText(what, Math.max(8, width - label.length - 2))}${sample}`;
}

/** One line for a log: `running  52 %  12,345 read  830/s  12.3 MB/s  …`. */
export function progressLogLine(snapshot: RunSnapshot, at: number): string {
  const figures = figuresOf(snapshot, at);
  const { totals } = figures;
  const parts = [
    phaseLabel(snapshot, figures).trim(),
    `${formatCount(totals.read)} read`,
    formatRate(figures.samplesPerSecond),
    formatByteRate(figures.bytesPerSecond),
    `${formatCount(totals.written)} written`,
    `${formatCount(totals.dropped)} dropped`,
    `${formatCount(totals.failed)} failed`,
  ];
  if (snapshot.stage !== null) parts.push(taskFact(snapshot, snapshot.stage));
  return parts.join(" · ");
}

/** What the input turned out to be. */
export function inputLine(input: {
  readonly splits: number;
  readonly bytes: number;
  readonly samples: number | null;
}): string {
  const samples = input.samples === null ? "" : `${formatCount(input.samples)} samples, `;
  return `input: ${samples}${formatBytes(input.bytes)} in ${formatCount(input.splits)} ${input.splits === 1 ? "split" : "splits"}`;
}
