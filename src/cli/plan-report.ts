import { emptyStepAccounting, totalOf } from "../contract/accounting.ts";
import type { Plan } from "../contract/plan.ts";
import { formatBytes } from "../contract/units.ts";
import { formatCount, formatDuration, formatPercent, formatRate, plural } from "../telemetry/format-quantity.ts";
import { fitText, type Paint } from "../telemetry/paint.ts";
import { type Cell, tableLines } from "../telemetry/text-table.ts";
import type { ListedInput } from "./list-splits.ts";
import type { RunEstimate } from "./probe-estimate.ts";
import type { ProbeResult } from "./probe-pipeline.ts";

interface PlanReport {
  readonly plan: Plan;
  readonly input: ListedInput;
  readonly probe: ProbeResult | null;
  readonly estimate: RunEstimate | null;
  readonly workers: number;
}

/** `pipeline plan` for a person. */
export function planLines(report: PlanReport, width: number, paint: Paint): readonly string[] {
  const { plan, input, probe, estimate, workers } = report;
  return [
    ...inputLines(input, width, paint),
    "",
    ...stageLines(plan, paint),
    ...(probe === null
      ? ["", "`--probe 50` tries 50 samples for cost and yield."]
      : ["", ...probeLines(probe, plan, width, paint)]),
    ...(estimate === null ? [] : ["", ...estimateLines(estimate, workers, input, paint)]),
  ];
}

function inputLines(input: ListedInput, width: number, paint: Paint): readonly string[] {
  const samples = input.samples === null ? "" : `, ${plural(input.samples, "sample")}`;
  const head = `${paint("bold", "input")}  ${plural(input.files, "file")}, ${formatBytes(input.bytes)}${samples} in ${plural(input.splits, "split")}`;
  const rows = input.first.map((split, index): readonly Cell[] => [
    { text: String(index) },
    { text: formatBytes(split.bytes) },
    { text: split.samples === undefined ? "" : formatCount(split.samples) },
    { text: formatCount(split.files.length) },
    { text: split.files[0]?.uri ?? "" },
  ]);
  const table = tableLines(
    [
      { title: "split", align: "right" },
      { title: "bytes", align: "right" },
      { title: "samples", align: "right" },
      { title: "files", align: "right" },
      { title: "first file", isFlexible: true },
    ],
    rows,
    { width, paint, indent: 2 },
  );
  const more = input.splits - input.first.length;
  return [
    head,
    ...table,
    ...(more === 0
      ? []
      : [`  … and ${plural(more, "more split")}, the largest ${formatBytes(input.largestSplitBytes)}`]),
  ];
}

function stageLines(plan: Plan, paint: Paint): readonly string[] {
  return plan.stages.map((stage) => {
    const isLast = stage.index === plan.stages.length - 1;
    const from = stage.index === 0 ? plan.source.name : "spool";
    const names = [from, ...stage.steps.map((step) => step.name), isLast ? plan.sink.name : "spool"];
    return `${paint("bold", `stage ${stage.index}`)}  ${names.join(" -> ")}${stage.kind === "gather" ? paint("dim", "  (one task over everything)") : ""}`;
  });
}

function probeLines(probe: ProbeResult, plan: Plan, width: number, paint: Paint): readonly string[] {
  const { accounting, busySeconds } = probe;
  const cost = (id: string, samples: number) =>
    samples === 0 ? "" : `${(((busySeconds[id] ?? 0) * 1000) / samples).toFixed(2)} ms`;
  const ids = plan.stages.flatMap((stage) => stage.steps.map((step) => step.id)).filter((id) => id in accounting.steps);
  const unreadable = totalOf(accounting.unreadable);
  const unwritable = totalOf(accounting.unwritable);
  const rows: (readonly Cell[])[] = [
    row("read", cost("read", accounting.read), accounting.read, accounting.read - unreadable, 0, unreadable),
    ...ids.map((id) => {
      const step = accounting.steps[id] ?? emptyStepAccounting;
      return row(
        id,
        cost(id, step.in),
        step.in,
        step.kept + step.children,
        totalOf(step.dropped),
        totalOf(step.failed),
      );
    }),
    row(
      "encode",
      cost("write", accounting.written),
      accounting.written + unwritable,
      accounting.written,
      0,
      unwritable,
    ),
  ];
  const columns = ["cost/sample", "in", "kept", "dropped", "failed", "yield"].map((title) => ({
    title,
    align: "right" as const,
  }));
  const failures = probe.failures.slice(0, 3).map((failure) => {
    const text = `${failure.id}  ${failure.step}  ${failure.code}: ${failure.message}`;
    return `  ${paint("red", fitText(text, Math.max(20, width - 2)))}`;
  });
  return [
    `${paint("bold", "probe")}  ${plural(accounting.read, "sample")} in ${formatDuration(probe.seconds)}, one process`,
    ...tableLines([{ title: "step", isFlexible: true }, ...columns], rows, { width, paint, indent: 2 }),
    ...failures,
    ...(probe.stoppedBefore === null
      ? []
      : [`  ${probe.stoppedBefore} needs the whole input: it and what follows were not tried`]),
  ];
}

function row(id: string, cost: string, into: number, kept: number, dropped: number, failed: number): readonly Cell[] {
  const share = into === 0 ? "" : formatPercent(kept / into);
  return [
    { text: id },
    { text: cost },
    { text: formatCount(into) },
    { text: formatCount(kept) },
    { text: formatCount(dropped), ...(dropped > 0 ? { style: "yellow" as const } : {}) },
    { text: formatCount(failed), ...(failed > 0 ? { style: "red" as const } : {}) },
    { text: share },
  ];
}

function estimateLines(estimate: RunEstimate, workers: number, input: ListedInput, paint: Paint): readonly string[] {
  const about = estimate.isSampleCountExact ? "" : "about ";
  const rate = estimate.seconds > 0 ? ` (${formatRate(estimate.samples / estimate.seconds)})` : "";
  const lines = [
    `${paint("bold", "estimate")}  ${about}${plural(estimate.samples, "sample")} in about ${formatDuration(estimate.seconds)} with ${plural(workers, "worker")}${rate}`,
    `  about ${formatCount(estimate.samplesWritten)} are left, ${formatBytes(estimate.bytesWritten)} before compression`,
  ];
  if (input.splits < workers)
    lines.push(`  only ${plural(input.splits, "split")}: more workers than that have nothing to do`);
  return lines;
}
