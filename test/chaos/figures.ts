import type { RoundResult } from "./round.ts";
import type { WastedWork } from "./work-account.ts";

interface MeanAndMax {
  readonly mean: number;
  readonly max: number;
}

export interface Figures {
  readonly firstSeed: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly sessions: number;
  readonly accidents: { readonly [kind: string]: number };
  readonly missedAccidents: number;
  readonly failures: readonly {
    readonly seed: number;
    readonly findings: readonly string[];
    readonly folder: string;
  }[];
  readonly wastedTasksPerKill: {
    readonly kills: number;
    /** Tasks that were in a worker's hands. */
    readonly inFlight: MeanAndMax;
    /** Tasks that had finished since the last checkpoint. */
    readonly unlisted: MeanAndMax;
  };
  /** Of rounds in which somebody joined: tasks that were finished twice. */
  readonly duplicateTasksPerJoin: MeanAndMax & { readonly joins: number };
  readonly recoverySeconds: {
    readonly resumes: number;
    readonly median: number;
    readonly p95: number;
    readonly max: number;
  };
}

export function figuresOf(firstSeed: number, results: readonly RoundResult[], seconds: number): Figures {
  const accidents: { [kind: string]: number } = {};
  for (const kind of results.flatMap((result) => result.accidents).sort()) accidents[kind] = (accidents[kind] ?? 0) + 1;
  const wasted = results.flatMap((result) => result.wasted);
  const kills = sum(wasted.map((one) => one.kills));
  const duplicates = results.flatMap((result) => result.duplicates ?? []);
  const joins = sum(duplicates.map((one) => one.joins));
  const recovery = results.flatMap((result) => result.recoverySeconds).sort((a, b) => a - b);
  return {
    firstSeed,
    rounds: results.length,
    seconds: rounded(seconds),
    sessions: sum(results.map((result) => result.sessions)),
    accidents,
    missedAccidents: sum(results.map((result) => result.missed)),
    failures: results
      .filter((result) => result.findings.length > 0)
      .map(({ seed, findings, folder }) => ({ seed, findings, folder })),
    wastedTasksPerKill: {
      kills,
      inFlight: perKill(wasted, "inFlight"),
      unlisted: perKill(wasted, "unlisted"),
    },
    duplicateTasksPerJoin: {
      joins,
      mean: rounded(joins === 0 ? 0 : sum(duplicates.map((one) => one.tasks)) / joins),
      max: rounded(Math.max(0, ...duplicates.map((one) => one.tasks / one.joins))),
    },
    recoverySeconds: {
      resumes: recovery.length,
      median: quantile(recovery, 0.5),
      p95: quantile(recovery, 0.95),
      max: quantile(recovery, 1),
    },
  };
}

function perKill(wasted: readonly WastedWork[], what: "inFlight" | "unlisted"): MeanAndMax {
  const kills = sum(wasted.map((one) => one.kills));
  return {
    mean: rounded(kills === 0 ? 0 : sum(wasted.map((one) => one[what])) / kills),
    max: rounded(Math.max(0, ...wasted.map((one) => one[what] / one.kills))),
  };
}

export function figureLines(figures: Figures): readonly string[] {
  const { wastedTasksPerKill: wasted, duplicateTasksPerJoin: duplicates, recoverySeconds: recovery } = figures;
  const accidents = Object.entries(figures.accidents).map(([kind, count]) => `${kind} ${count}`);
  return [
    `rounds     ${figures.rounds} in ${figures.seconds} s, ${figures.sessions} sessions, from seed ${figures.firstSeed}`,
    `accidents  ${accidents.join(", ") || "none"}; ${figures.missedAccidents} came too late`,
    `wasted     ${wasted.inFlight.mean} tasks in flight a kill, at most ${wasted.inFlight.max}; beside them ${wasted.unlisted.mean} that waited for a checkpoint, at most ${wasted.unlisted.max} (${wasted.kills} kills)`,
    `shared     ${duplicates.mean} tasks done twice a join, at most ${duplicates.max} (${duplicates.joins} joins)`,
    `recovery   ${recovery.median} s median, ${recovery.p95} s p95, ${recovery.max} s max (${recovery.resumes} resumes)`,
    `failures   ${figures.failures.map(({ seed }) => seed).join(", ") || "none"}`,
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function quantile(sorted: readonly number[], share: number): number {
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
