import { type Accounting, addCounts, emptyStepAccounting, totalOf, totalsOf } from "../contract/accounting.ts";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import type { RunSummary } from "../contract/run-event.ts";
import { formatBytes } from "../contract/units.ts";
import { type ErrorCode, errorCodes, isErrorCode } from "../model/error-codes.ts";
import { formatByteRate, formatCount, formatDuration, formatPercent, formatRate } from "./format-quantity.ts";
import { fitText, type Paint } from "./paint.ts";
import { type Cell, type Column, tableLines } from "./text-table.ts";
import { wrapText } from "./wrap-text.ts";

export interface FunnelInput {
  readonly summary: RunSummary;
  /** What this session read; the summary counts what earlier sessions did as well. */
  readonly session: { readonly read: number; readonly bytesRead: number };
  /** Of the time that steps were busy in this session, by step id, `read` and `write` beside them; empty when none was. */
  readonly shares: { readonly [stepId: string]: number };
  /** In plan order. */
  readonly stepIds: readonly string[];
  /** Some of the quarantined samples, to show what failures look like. */
  readonly examples: readonly QuarantineRecord[];
  /** What to type to go on with this run. */
  readonly resumeCommand: string;
}

const wideBar = 24;
const narrowBar = 12;
const widest = 120;

/** The end of a run for a person: the funnel, what came out, what failed with examples, where to look next. */
export function funnelLines(input: FunnelInput, columns: number, paint: Paint): readonly string[] {
  const width = Math.min(columns, widest);
  const { summary } = input;
  return [
    "",
    ...funnelTable(input, width, paint),
    "",
    outcomeLine(input, paint),
    ...nothingLeftLines(summary, paint),
    ...failureLines(summary.accounting, input.examples, width, paint),
    "",
    ...placeLines(input, paint),
  ];
}

const funnelColumns: readonly Column[] = [
  { title: "step" },
  { title: "left", align: "right" },
  { title: "" },
  { title: "", align: "right" },
  { title: "time", align: "right" },
  { title: "dropped or failed here", isFlexible: true },
];

function funnelTable({ summary, stepIds, shares }: FunnelInput, width: number, paint: Paint): readonly string[] {
  const { accounting } = summary;
  // Children can make more samples than were read; bars measure against the widest point.
  const flow = [
    point("read", accounting.read - totalOf(accounting.unreadable), [], {}, accounting.unreadable),
    ...stepIds.map((id) => {
      const step = accounting.steps[id] ?? emptyStepAccounting;
      const splits = step.split === 0 ? [] : [`${formatCount(step.split)} split into ${formatCount(step.children)}`];
      return point(id, step.kept + step.children, splits, step.dropped, step.failed);
    }),
    point("written", accounting.written, [], {}, accounting.unwritable),
  ];
  const full = Math.max(accounting.read, ...flow.map((point) => point.left));
  const idWidth = Math.max(...flow.map((point) => point.id.length));
  const roomBeside = (barWidth: number) => width - idWidth - barWidth - 2 * 5 - 2 * 6 - formatCount(full).length;
  const longest = Math.max(...flow.flatMap(({ losses }) => losses.map((loss) => loss.length)), 0);
  // What was lost matters more than a fine bar.
  const barWidth = width < 100 || longest > roomBeside(wideBar) ? narrowBar : wideBar;
  const room = Math.max(20, roomBeside(barWidth));
  const rows = flow.flatMap(({ id, left, losses, hasFailed }): readonly (readonly Cell[])[] => {
    const [first = "", ...more] = packed(losses, room);
    const share = shares[id === "written" ? "write" : id];
    const style = hasFailed ? { style: "red" as const } : {};
    const cells: readonly Cell[] = [
      { text: id },
      { text: formatCount(left) },
      { text: bar(left, full, barWidth), style: "green" },
      { text: full === 0 ? "" : formatPercent(left / full) },
      { text: share === undefined ? "" : formatPercent(share), style: "cyan" },
      { text: first, ...style },
    ];
    return [cells, ...more.map((text) => [...blankCells, { text, ...style }])];
  });
  return tableLines(funnelColumns, rows, { width, paint });
}

const blankCells: readonly Cell[] = Array.from({ length: 5 }, () => ({ text: "" }));

function bar(value: number, full: number, barWidth: number): string {
  if (full === 0 || value === 0) return "─".repeat(barWidth);
  const filled = Math.max(1, Math.round((value / full) * barWidth));
  return "━".repeat(filled) + "─".repeat(barWidth - filled);
}

type Counts = { readonly [name: string]: number };

function byCount(counts: Counts): readonly (readonly [name: string, count: number])[] {
  return Object.entries(counts).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** A place that samples pass, with what was left of them behind it. */
function point(id: string, left: number, splits: readonly string[], dropped: Counts, failed: Counts) {
  const losses = [
    ...splits,
    ...byCount(dropped).map(([reason, count]) => `${formatCount(count)} ${reason}`),
    ...byCount(failed).map(([code, count]) => `${formatCount(count)} failed: ${code}`),
  ];
  return { id, left, losses, hasFailed: totalOf(failed) > 0 };
}

/** Comma-separated lines of at most `width` characters that break between items only. */
function packed(items: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + item.length <= width) lines[lines.length - 1] = `${last}, ${item}`;
    else lines.push(item);
  }
  return lines;
}

function outcomeLine({ summary, session }: FunnelInput, paint: Paint): string {
  const totals = totalsOf(summary.accounting);
  const shards = `${countOf(summary.shards, "shard")}, ${formatBytes(summary.shardBytes)}`;
  if (summary.wasComplete)
    return `${paint("green", "done already")}  ${shards}, ${countOf(totals.written, "sample")}; nothing was left to do`;
  const rate =
    summary.seconds > 0
      ? ` (${formatRate(session.read / summary.seconds)}, ${formatByteRate(session.bytesRead / summary.seconds)})`
      : "";
  const style = { succeeded: "green", failed: "red", interrupted: "yellow" } as const;
  const word = { succeeded: "done", failed: "failed", interrupted: "interrupted" } as const;
  return `${paint(style[summary.outcome], word[summary.outcome])} in ${formatDuration(summary.seconds)}${rate}  ${countOf(totals.written, "sample")} in ${shards}`;
}

function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A dataset without a sample is rarely what was meant, however well the accounts balance. */
function nothingLeftLines({ outcome, accounting }: RunSummary, paint: Paint): readonly string[] {
  const { read, written } = totalsOf(accounting);
  if (outcome !== "succeeded" || written > 0 || read === 0) return [];
  return [
    `${paint("yellow", "warning: the dataset is empty")}: none of ${formatCount(read)} samples was left. The table shows where they went; \`mode: score\` keeps all and writes the scores.`,
  ];
}

/** Failed samples of the whole run by error code. */
function failuresOf(accounting: Accounting): Counts {
  let sum = addCounts(accounting.unreadable, accounting.unwritable);
  for (const step of Object.values(accounting.steps)) sum = addCounts(sum, step.failed);
  return sum;
}

function failureLines(
  accounting: Accounting,
  examples: readonly QuarantineRecord[],
  width: number,
  paint: Paint,
): readonly string[] {
  const failures = byCount(failuresOf(accounting));
  if (failures.length === 0) return [];
  const lines = ["", paint("bold", "failed samples, kept in quarantine")];
  for (const [code, count] of failures) {
    lines.push(`  ${paint("red", `${formatCount(count)} ${code}`)}`);
    if (isErrorCode(code)) lines.push(...wrapText(whatToDo(code), width - 4).map((line) => `    ${line}`));
    for (const record of examples.filter((example) => example.error.code === code).slice(0, 3)) {
      const id = fitText(record.id, Math.max(16, Math.floor(width / 3)));
      const room = width - 6 - [...id].length - record.step.length - 2;
      const said = room < 12 ? "" : `  ${paint("dim", shortened(record.error.message, room))}`;
      lines.push(`    ${id}  ${paint("dim", record.step)}${said}`);
    }
  }
  return lines;
}

function whatToDo(code: ErrorCode): string {
  return `${errorCodes[code].summary} ${errorCodes[code].remedy}`;
}

function shortened(text: string, width: number): string {
  const clean = fitText(text, Number.MAX_SAFE_INTEGER);
  return [...clean].length <= width ? clean : `${[...clean].slice(0, width - 1).join("")}…`;
}

function placeLines(input: FunnelInput, paint: Paint): readonly string[] {
  const { summary } = input;
  const places: (readonly [string, string])[] = [["output", summary.destination]];
  if (summary.outcome === "succeeded") places.push(["manifest", `${summary.destination}/_manifest.json`]);
  if (totalsOf(summary.accounting).failed > 0) places.push(["quarantine", `${summary.destination}/_quarantine/`]);
  if (summary.outcome !== "succeeded") places.push(["resume", input.resumeCommand]);
  return places.map(([what, where]) => `${paint("dim", what.padEnd(10))}  ${where}`);
}
