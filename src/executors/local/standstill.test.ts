import { expect, test } from "vitest";
import type { JournalRecord } from "../../worker/journal-record.ts";
import { Standstill } from "./standstill.ts";

const working: JournalRecord = {
  sequence: 1,
  begun: 1,
  phase: "working",
  stage: 0,
  split: 0,
  first: 3,
  end: 5,
  step: null,
  child: null,
};

function after(...looks: readonly JournalRecord[]): { readonly seconds: number; readonly sampleSeconds: number } {
  const standstill = new Standstill(2);
  for (const record of looks) standstill.look(record, 1);
  return { seconds: standstill.seconds, sampleSeconds: standstill.sampleSeconds };
}

test("time counts while the record does not move, for the samples in flight too", () => {
  expect(after(working, working, working)).toEqual({ seconds: 2, sampleSeconds: 2 });
  const next = { ...working, sequence: 2, begun: 2 };
  expect(after(working, working, next)).toEqual({ seconds: 0, sampleSeconds: 0 });
});

test("steps of one sample are progress of the worker, and time that the sample takes", () => {
  expect(after(working, { ...working, sequence: 2 }, { ...working, sequence: 3 })).toEqual({
    seconds: 0,
    sampleSeconds: 2,
  });
});

test("no sample is blamed while storage is waited for, nor when none is in flight", () => {
  for (const record of [
    { ...working, phase: "writing" as const },
    { ...working, phase: "reading" as const },
    { ...working, end: 3 },
  ])
    expect(after(record, record, record)).toEqual({ seconds: 2, sampleSeconds: 0 });
});

test("a look that comes late counts no more than the longest that is usual", () => {
  const standstill = new Standstill(2);
  standstill.look(working, 1);
  standstill.look(working, 3600);
  expect(standstill.seconds).toBe(2);
});
