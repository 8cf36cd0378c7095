import process from "node:process";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import type { FailureClass } from "../model/error-codes.ts";
import { formatCount } from "../telemetry/format-quantity.ts";
import { fitText, type Paint, paintFor } from "../telemetry/paint.ts";
import { type Cell, tableLines } from "../telemetry/text-table.ts";
import { exitCodes } from "./exit-code.ts";
import { type FailureChoice, failureSelection } from "./failure-selection.ts";
import { openRun } from "./open-run.ts";
import { brokenLineNote, recordedFailures } from "./recorded-failures.ts";
import { terminal } from "./terminal.ts";

export interface QuarantineListOptions extends FailureChoice {
  readonly limit: number;
  readonly checkpoints?: string;
  readonly json?: true;
}

interface FailureCount {
  readonly failureClass: FailureClass;
  readonly step: string;
  readonly code: string;
  samples: number;
}

/** `pipeline quarantine list <output>`: counts by class, step and code, then samples, the newest last. */
export async function quarantineListCommand(output: string, options: QuarantineListOptions): Promise<number> {
  const run = await openRun(output, options.checkpoints);
  const isWanted = failureSelection(run, options);
  const counts = new Map<string, FailureCount>();
  let latest: QuarantineRecord[] = [];
  let broken = 0;
  for await (const line of recordedFailures(run)) {
    if (line.kind === "broken") {
      broken++;
      terminal.note(brokenLineNote(line));
      continue;
    }
    const { record } = line;
    if (!isWanted(record)) continue;
    count(counts, record);
    latest.push(record);
    if (latest.length >= options.limit * 2) latest = latest.slice(-options.limit);
  }
  const listed = latest.slice(-options.limit);
  const sums = [...counts.values()].sort((a, b) => b.samples - a.samples || (a.code < b.code ? -1 : 1));
  if (options.json === true) terminal.printJson({ counts: sums, samples: listed, brokenLines: broken });
  else terminal.print(...listLines(sums, listed, paintFor(process.stdout)));
  return broken > 0 ? exitCodes.failed : exitCodes.done;
}

function count(counts: Map<string, FailureCount>, { failureClass, step, error: { code } }: QuarantineRecord): void {
  const key = `${failureClass} ${step} ${code}`;
  const known = counts.get(key);
  if (known === undefined) counts.set(key, { failureClass, step, code, samples: 1 });
  else known.samples++;
}

function listLines(
  counts: readonly FailureCount[],
  samples: readonly QuarantineRecord[],
  paint: Paint,
): readonly string[] {
  const total = counts.reduce((sum, { samples: failed }) => sum + failed, 0);
  if (total === 0) return ["no failed samples"];
  const width = Math.min(process.stdout.columns ?? 100, 140);
  const countRows = counts.map(({ samples: failed, failureClass, step, code }): readonly Cell[] => [
    { text: formatCount(failed) },
    { text: failureClass },
    { text: step },
    { text: code, style: "red" },
  ]);
  const sampleRows = samples.map(({ id, step, error }): readonly Cell[] => [
    { text: id },
    { text: step, style: "dim" },
    { text: error.code, style: "red" },
    { text: fitText(error.message, 200), style: "dim" },
  ]);
  const shown = samples.length === total ? "" : `, the last ${formatCount(samples.length)}`;
  return [
    paint("bold", `${formatCount(total)} failed sample${total === 1 ? "" : "s"}`),
    "",
    ...tableLines(
      [{ title: "samples", align: "right" }, { title: "class" }, { title: "step" }, { title: "code" }],
      countRows,
      { width, paint, indent: 2 },
    ),
    "",
    paint("bold", `samples${shown}`),
    "",
    ...tableLines(
      [{ title: "id" }, { title: "step" }, { title: "code" }, { title: "message", isFlexible: true }],
      sampleRows,
      { width, paint, indent: 2 },
    ),
  ];
}
