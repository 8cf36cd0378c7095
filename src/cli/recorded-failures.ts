import { type QuarantineLine, readQuarantineFile } from "../ledger/quarantine-records.ts";
import type { RecordedRun } from "./open-run.ts";

/** Every line of the quarantine files that count in a run, task by task as they were finished, in bounded memory. */
export async function* recordedFailures(run: RecordedRun): AsyncGenerator<QuarantineLine> {
  for await (const { file } of run.quarantines()) yield* readQuarantineFile((await run.find(file)).uri);
}

/** What a person is told of a line that is no record, so that none is skipped in silence. */
export function brokenLineNote({ uri, line, problem }: QuarantineLine & { readonly kind: "broken" }): string {
  return `warning: line ${line} of ${uri} is no quarantine record: ${problem}`;
}
