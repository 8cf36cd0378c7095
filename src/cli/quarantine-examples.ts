import type { QuarantineRecord } from "../contract/quarantine.ts";
import type { ErrorCode } from "../model/error-codes.ts";
import type { RecordedRun } from "./open-run.ts";
import { recordedFailures } from "./recorded-failures.ts";

const mostLines = 20_000;

/** Up to `perCode` quarantined samples of each error code, from the start of the quarantine. Does without lines that are no records. */
export async function quarantineExamples(run: RecordedRun, perCode: number): Promise<readonly QuarantineRecord[]> {
  const examples = new Map<ErrorCode, QuarantineRecord[]>();
  let lines = 0;
  for await (const line of recordedFailures(run)) {
    if (++lines > mostLines) break;
    if (line.kind === "broken") continue;
    const known = examples.get(line.record.error.code) ?? [];
    if (known.length < perCode) examples.set(line.record.error.code, [...known, line.record]);
  }
  return [...examples.values()].flat();
}
