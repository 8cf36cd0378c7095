import { constants } from "node:os";
import type { RunSummary } from "../contract/run-event.ts";

/** What a shell or a scheduler reads. */
export const exitCodes = {
  done: 0,
  /** Failures above the limit, unbalanced, or stopped by an error. */
  failed: 1,
  /** Usage or configuration: nothing was started. */
  usage: 2,
} as const;

/** 0 succeeded, 1 failed, 128 + the signal's number (130, 143) when a signal interrupted the run. */
export function exitCodeOf(summary: RunSummary, signal: NodeJS.Signals | undefined): number {
  if (summary.outcome === "succeeded") return exitCodes.done;
  if (summary.outcome === "interrupted") return signalExitCode(signal ?? "SIGTERM");
  return exitCodes.failed;
}

/** As a shell reports a process that a signal ended. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
