import process from "node:process";
import { totalsOf } from "../contract/accounting.ts";
import type { RunSummary } from "../contract/run-event.ts";
import { funnelLines } from "../telemetry/funnel.ts";
import { paintFor } from "../telemetry/paint.ts";
import { busyShares } from "../telemetry/run-figures.ts";
import type { RunSnapshot } from "../telemetry/run-snapshot.ts";
import { runningAccounting } from "../telemetry/run-totals.ts";
import { openRun } from "./open-run.ts";
import { quarantineExamples } from "./quarantine-examples.ts";

/** The end of a run for a person, with examples of what failed. */
export async function reportLines(
  summary: RunSummary,
  checkpoints: string,
  snapshot: RunSnapshot,
  stepIds: readonly string[],
  resumeCommand: string,
): Promise<readonly string[]> {
  const examples =
    totalsOf(summary.accounting).failed > 0
      ? await quarantineExamples(await openRun(summary.destination, checkpoints), 3)
      : [];
  const session = runningAccounting(snapshot);
  const columns = process.stdout.columns ?? 100;
  const shares = busyShares(snapshot);
  return funnelLines({ summary, session, shares, stepIds, examples, resumeCommand }, columns, paintFor(process.stdout));
}
