import { type Accounting, type Totals, totalsOf } from "../contract/accounting.ts";
import type { RunSnapshot } from "./run-snapshot.ts";
import { busySeconds, finishedFraction, runningAccounting } from "./run-totals.ts";

/** Numbers derived from a snapshot at a moment. */
export interface RunFigures {
  readonly accounting: Accounting;
  readonly totals: Totals;
  readonly elapsedSeconds: number;
  /** 0 to 1. */
  readonly fraction: number;
  /** Undefined while there is too little to go by. */
  readonly remainingSeconds: number | undefined;
  readonly samplesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Share of the workers' busy time by step id, `read` and `write` beside them; sums to 1, or is empty. */
  readonly busyShares: { readonly [stepId: string]: number };
}

const rateWindowSeconds = 10;

/** Figures as of `at`: rates over the last ten seconds, the remaining time from up to the last minute. */
export function figuresOf(snapshot: RunSnapshot, at: number): RunFigures {
  const accounting = runningAccounting(snapshot);
  const fraction = finishedFraction(snapshot);
  const rates = ratesAt(snapshot, accounting, at);
  return {
    accounting,
    totals: totalsOf(accounting),
    elapsedSeconds: Math.max(0, at - snapshot.startedAt),
    fraction,
    remainingSeconds: remainingSeconds(snapshot, fraction, at),
    ...rates,
    busyShares: busyShares(snapshot),
  };
}

function ratesAt(snapshot: RunSnapshot, accounting: Accounting, at: number) {
  const oldest = snapshot.marks.find((mark) => at - mark.at <= rateWindowSeconds);
  const since =
    oldest !== undefined && oldest !== snapshot.marks[0] ? oldest : { at: snapshot.startedAt, samples: 0, bytes: 0 };
  const stalled = oldest === undefined && snapshot.marks.length > 0;
  const seconds = at - since.at;
  if (seconds <= 0 || stalled) return { samplesPerSecond: 0, bytesPerSecond: 0 };
  return {
    // A failed attempt takes its counts back, which is no negative rate.
    samplesPerSecond: Math.max(0, accounting.read - since.samples) / seconds,
    bytesPerSecond: Math.max(0, accounting.bytesRead - since.bytes) / seconds,
  };
}

function remainingSeconds(snapshot: RunSnapshot, fraction: number, at: number): number | undefined {
  if (fraction >= 1) return 0;
  const first = snapshot.marks[0];
  const last = snapshot.marks.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const seconds = last.at - first.at;
  const gained = last.fraction - first.fraction;
  if (seconds < 2 || gained <= 0) return undefined;
  return Math.max(0, ((1 - last.fraction) * seconds) / gained - (at - last.at));
}

/** Share of this session's busy time by step id, `read` and `write` beside them; sums to 1, or is empty. */
export function busyShares(snapshot: RunSnapshot): { readonly [stepId: string]: number } {
  const seconds = busySeconds(snapshot);
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  if (total <= 0) return {};
  return Object.fromEntries(Object.entries(seconds).map(([id, value]) => [id, value / total]));
}
