import type {
  Caution,
  CondemnedSample,
  PositionRange,
  TaskWhereabouts,
  WorkerEnd,
  WorkerLost,
} from "../contract/executor.ts";
import type { ErrorCode } from "../model/error-codes.ts";

/** What the loss of a worker teaches about the task that it had. */
export interface Lesson {
  /** For the next attempt. */
  readonly caution: Caution;
  /** The sample that is to blame, where that is known. */
  readonly condemned: CondemnedSample | undefined;
  /** Whether there are suspects that were none before. */
  readonly hasNewSuspects: boolean;
}

const codeOf: { readonly [end in Exclude<WorkerEnd, "killed">]: ErrorCode } = {
  crash: "SAMPLE_CRASHED",
  timeout: "SAMPLE_TIMEOUT",
  memory: "SAMPLE_OUT_OF_MEMORY",
};

/** Bad samples often follow one another: one that ends its worker while it is a suspect already costs one attempt less. */
const suspectNeighbours = 8;

const noCaution: Caution = { suspects: [], condemned: [], memoryShare: 1 };

/** Pure: the same loss teaches the same, in words that hold no process id and no clock. */
export function lessonOf(before: Caution | undefined, { end, how, whereabouts }: WorkerLost): Lesson {
  const { suspects, condemned, memoryShare } = before ?? noCaution;
  const share = end === "memory" ? memoryShare / 2 : memoryShare;
  const culprit = condemnedBy(whereabouts, end, how);
  if (culprit !== undefined) {
    const next = { first: culprit.position + 1, end: culprit.position + 1 + suspectNeighbours };
    const caution = { suspects: union(suspects, next), condemned: [...condemned, culprit], memoryShare: share };
    return { caution, condemned: culprit, hasNewSuspects: false };
  }
  const all = whereabouts === null || end === "killed" ? suspects : union(suspects, whereabouts.inFlight);
  const hasNewSuspects = sizeOf(all) > sizeOf(suspects);
  return { caution: { suspects: all, condemned, memoryShare: share }, condemned: undefined, hasNewSuspects };
}

function condemnedBy(whereabouts: TaskWhereabouts | null, end: WorkerEnd, how: string): CondemnedSample | undefined {
  if (end === "killed" || whereabouts === null || !whereabouts.isExact || whereabouts.step === null) return undefined;
  const { inFlight, step, child } = whereabouts;
  const message = `${step === "write" ? "the encoding" : `step ${step}`} did not return, and its worker is lost: ${how}`;
  return {
    position: inFlight.first,
    step,
    child,
    error: { code: codeOf[end], message, details: { how }, isRetryable: false, stack: "", causes: [] },
  };
}

/** Ranges in order, none touching another. */
function union(ranges: readonly PositionRange[], added: PositionRange): readonly PositionRange[] {
  if (added.end <= added.first) return ranges;
  const apart = ranges.filter(({ first, end }) => end < added.first || first > added.end);
  const touching = ranges.filter((range) => !apart.includes(range));
  const joined = {
    first: Math.min(added.first, ...touching.map(({ first }) => first)),
    end: Math.max(added.end, ...touching.map(({ end }) => end)),
  };
  return [...apart, joined].sort((a, b) => a.first - b.first);
}

function sizeOf(ranges: readonly PositionRange[]): number {
  return ranges.reduce((total, { first, end }) => total + end - first, 0);
}
