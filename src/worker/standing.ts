import type { PositionRange, Stall } from "../contract/executor.ts";
import { formatBytes } from "../contract/units.ts";
import type { Journal } from "./journal.ts";

/** A step whose promise has not settled. */
export interface StepWait {
  /** Step id, or `write`. */
  readonly step: string;
  /** Id of the sample, or of the first of the batch. */
  readonly sample: string;
  /** Number of samples that the step was given at once. */
  readonly batch: number;
  /** As `performance.now()` had it when the step began. */
  readonly since: number;
}

/** A sample that must wait for memory which others hold. */
export interface MemoryWait {
  readonly wantedBytes: number;
  readonly heldBytes: number;
  readonly budgetBytes: number;
  readonly samplesInFlight: number;
}

/** What a worker that answers says it is waiting for. Pure data. */
export type Standing = Pick<Stall, "waitsFor" | "sample" | "explanation"> & {
  /** Samples that steps have not answered for; null when there are none. */
  readonly unanswered: {
    readonly range: PositionRange;
    readonly step: string;
    /** Whether it is one sample, and the one that was read, not a child of it. */
    readonly isExact: boolean;
  } | null;
};

/** What is known inside a worker about its running task. */
export interface StandingFacts {
  readonly journal: Journal;
  /** What is being read, and what is written, as objects of a sentence. */
  readonly reads: string;
  readonly writes: string;
  readonly waits: ReadonlyMap<{ readonly id: string; readonly uri: string; readonly position: number }, StepWait>;
  readonly memory: MemoryWait | undefined;
  readonly lastStep: string;
}

/** Says what a task waits for at this moment. */
export function standingOf(facts: StandingFacts): Standing {
  const { journal, memory } = facts;
  const unanswered = unansweredOf(facts);
  if (journal.phase !== "working") {
    const doing = journal.phase === "reading" ? `reading ${facts.reads}` : `writing ${facts.writes}`;
    const explanation = `storage has not answered for ${inSeconds(journal.seconds)}: ${doing}`;
    return { waitsFor: "storage", sample: null, explanation, unanswered };
  }
  const oldest = [...facts.waits].sort(([a], [b]) => a.position - b.position)[0];
  if (oldest === undefined) {
    const explanation = `step ${facts.lastStep} was begun last, and nothing is known that it waits for`;
    return { waitsFor: "worker", sample: null, explanation, unanswered };
  }
  const [flight, wait] = oldest;
  const step = stepSentence(flight.uri, wait);
  return memory === undefined
    ? { waitsFor: "operator", sample: wait.sample, explanation: step, unanswered }
    : { waitsFor: "memory", sample: wait.sample, explanation: `${memorySentence(memory)}; ${step}`, unanswered };
}

function unansweredOf({ waits }: StandingFacts): Standing["unanswered"] {
  const [only, ...others] = [...waits].sort(([a], [b]) => a.position - b.position);
  if (only === undefined) return null;
  const [flight, wait] = only;
  const last = others.at(-1)?.[0] ?? flight;
  return {
    range: { first: flight.position, end: last.position + 1 },
    step: wait.step,
    isExact: others.length === 0 && wait.batch === 1 && wait.sample === flight.id,
  };
}

function stepSentence(uri: string, { step, sample, batch, since }: StepWait): string {
  const seconds = inSeconds((performance.now() - since) / 1000);
  const what = batch === 1 ? `sample ${sample} (${uri})` : `a batch of ${batch} samples that begins with ${sample}`;
  const who = step === "write" ? "the encoding" : `step ${step}`;
  return `${who} has not answered for ${seconds} for ${what}`;
}

function memorySentence({ wantedBytes, heldBytes, budgetBytes, samplesInFlight }: MemoryWait): string {
  const holders = samplesInFlight === 1 ? "1 sample in flight holds" : `${samplesInFlight} samples in flight hold`;
  return `the next sample needs ${formatBytes(wantedBytes)} of decoded memory, but ${holders} ${formatBytes(heldBytes)} of the worker's ${formatBytes(budgetBytes)}`;
}

function inSeconds(seconds: number): string {
  return `${Math.round(seconds)} s`;
}
