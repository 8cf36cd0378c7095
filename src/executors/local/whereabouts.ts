import type { TaskWhereabouts } from "../../contract/executor.ts";
import { type Plan, stageAt } from "../../contract/plan.ts";
import type { JournalRecord } from "../../worker/journal-record.ts";

/** What a journal's record says, in the plan's words; null when no task was running. */
export function whereaboutsOf(record: JournalRecord | undefined, plan: Plan): TaskWhereabouts | null {
  if (record === undefined || record.phase === "idle") return null;
  const steps = stageAt(plan, record.stage)?.steps ?? [];
  return {
    stage: record.stage,
    split: record.split,
    phase: record.phase,
    inFlight: { first: record.first, end: record.end },
    step: record.step === null ? null : (steps[record.step]?.id ?? "write"),
    child: record.child,
    isExact: record.step !== null,
  };
}

/** Where a worker is or was, as part of a sentence: `at step 2-resize-image of sample 13 of split 4`. */
export function placeText({ phase, inFlight, step, split }: TaskWhereabouts): string {
  const samples = inFlight.end - inFlight.first;
  const last = samples > 1 ? ` to ${inFlight.end}` : "";
  const what = samples > 0 ? `sample${last === "" ? "" : "s"} ${inFlight.first + 1}${last} of split ${split}` : "";
  if (phase !== "working") return `while ${phase} split ${split}${what === "" ? "" : `, with ${what} in flight`}`;
  if (what === "") return `while working on split ${split}`;
  return step === null
    ? `with ${what} in flight`
    : `at ${step === "write" ? "the encoding" : `step ${step}`} of ${what}`;
}
