import process from "node:process";
import type { QuarantineRecord } from "../contract/quarantine.ts";
import { PipelineError } from "../model/errors.ts";
import { fitText, type Paint, paintFor } from "../telemetry/paint.ts";
import { exitCodes } from "./exit-code.ts";
import { failureLines, placeOf } from "./failure-lines.ts";
import { openRun } from "./open-run.ts";
import { brokenLineNote, recordedFailures } from "./recorded-failures.ts";
import { terminal } from "./terminal.ts";

interface ShowOptions {
  readonly checkpoints?: string;
  readonly json?: true;
}

/** `pipeline quarantine show <output> <id>`: every record of that id, whole. Rejects with SAMPLE_NOT_FOUND. */
export async function quarantineShowCommand(output: string, id: string, options: ShowOptions): Promise<number> {
  const run = await openRun(output, options.checkpoints);
  const records: QuarantineRecord[] = [];
  let broken = 0;
  for await (const line of recordedFailures(run)) {
    if (line.kind === "broken") {
      broken++;
      terminal.note(brokenLineNote(line));
    } else if (line.record.id === id) records.push(line.record);
  }
  if (records.length === 0) {
    throw new PipelineError(
      "SAMPLE_NOT_FOUND",
      `no failed sample has the id ${JSON.stringify(id)}: \`pipeline quarantine list\` shows those that failed, \`pipeline explain\` what became of others`,
      { details: { id } },
    );
  }
  if (options.json === true) terminal.printJson({ records, brokenLines: broken });
  else for (const record of records) terminal.print(...recordLines(record, paintFor(process.stdout)));
  return broken > 0 ? exitCodes.failed : exitCodes.done;
}

function recordLines(record: QuarantineRecord, paint: Paint): readonly string[] {
  const width = Math.min(process.stdout.columns ?? 100, 120);
  const { stage, split, position, attempt, planHash, error } = record;
  const fact = (name: string, value: string) => `  ${paint("dim", name.padEnd(8))}  ${value}`;
  const stack = error.stack.split("\n").map((line) => `  ${paint("dim", fitText(line, 300))}`);
  return [
    `${paint("bold", fitText(record.id, 400))}  ${paint("red", "failed")} at ${record.step}`,
    "",
    ...failureLines(record, width - 2, paint).map((line) => `  ${line}`),
    "",
    fact("where", fitText(placeOf(record), 1000)),
    fact("task", `stage ${stage}, split ${split}, sample ${position + 1} of it`),
    fact("attempt", String(attempt)),
    fact("plan", planHash),
    fact("details", fitText(JSON.stringify(error.details), 1000)),
    "",
    ...stack,
    "",
  ];
}
