import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Caution,
  type PositionRange,
  type TaskWhereabouts,
  type WorkerEnd,
  WorkerLost,
} from "../contract/executor.ts";
import { lessonOf } from "./lesson.ts";

const where: TaskWhereabouts = {
  stage: 0,
  split: 4,
  phase: "working",
  inFlight: { first: 10, end: 14 },
  step: null,
  child: null,
  isExact: false,
};

function lost(end: WorkerEnd, whereabouts: TaskWhereabouts | null): WorkerLost {
  return new WorkerLost("worker process 4711 is lost", { end, whereabouts, how: "it was ended by SIGSEGV" });
}

function has(ranges: readonly PositionRange[], position: number): boolean {
  return ranges.some(({ first, end }) => position >= first && position < end);
}

test("what was in flight is suspected, and nobody else", () => {
  const range = fc.record({ first: fc.nat({ max: 60 }), length: fc.nat({ max: 9 }) });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (flights) => {
      let caution: Caution | undefined;
      for (const { first, length } of flights) {
        const before = caution?.suspects ?? [];
        const inFlight = { first, end: first + length };
        const lesson = lessonOf(caution, lost("crash", { ...where, inFlight }));
        ({ caution } = lesson);
        const positions = Array.from({ length: 80 }, (_, position) => position);
        const expected = positions.filter((position) => has(before, position) || has([inFlight], position));
        expect(positions.filter((position) => has(lesson.caution.suspects, position))).toEqual(expected);
        expect(lesson.hasNewSuspects).toBe(expected.length > positions.filter((at) => has(before, at)).length);
        for (const [index, { first: next }] of lesson.caution.suspects.entries())
          if (index > 0) expect(next).toBeGreaterThan(lesson.caution.suspects[index - 1]?.end ?? 0);
      }
    }),
  );
});

test("a sample that was alone is condemned at its step, in words that are the same on every machine", () => {
  const alone = { ...where, inFlight: { first: 12, end: 13 }, step: "2-resize-image", isExact: true };
  const { condemned, caution } = lessonOf(undefined, lost("crash", alone));
  expect(condemned).toEqual({
    position: 12,
    step: "2-resize-image",
    child: null,
    error: {
      code: "SAMPLE_CRASHED",
      message: "step 2-resize-image did not return, and its worker is lost: it was ended by SIGSEGV",
      details: { how: "it was ended by SIGSEGV" },
      isRetryable: false,
      stack: "",
      causes: [],
    },
  });
  expect(caution.condemned).toEqual([condemned]);
  expect(lessonOf(undefined, lost("timeout", alone)).condemned?.error.code).toBe("SAMPLE_TIMEOUT");
  expect(lessonOf(undefined, lost("memory", alone)).condemned?.error.code).toBe("SAMPLE_OUT_OF_MEMORY");
});

test("each worker that memory ends halves what the next attempt may use", () => {
  const first = lessonOf(undefined, lost("memory", where)).caution;
  expect(first.memoryShare).toBe(0.5);
  expect(lessonOf(first, lost("memory", null)).caution.memoryShare).toBe(0.25);
  expect(lessonOf(first, lost("crash", where)).caution.memoryShare).toBe(0.5);
});

test("a worker that ends with nothing in flight teaches nothing", () => {
  for (const whereabouts of [null, { ...where, inFlight: { first: 10, end: 10 } }])
    expect(lessonOf(undefined, lost("crash", whereabouts))).toMatchObject({
      condemned: undefined,
      hasNewSuspects: false,
    });
});

test("a kill from outside suspects and condemns nobody, not even a sample that is alone", () => {
  const alone = { ...where, inFlight: { first: 12, end: 13 }, step: "2-resize-image", isExact: true };
  for (const whereabouts of [where, alone, null]) {
    const lesson = lessonOf(undefined, lost("killed", whereabouts));
    expect(lesson).toEqual({
      caution: { suspects: [], condemned: [], memoryShare: 1 },
      condemned: undefined,
      hasNewSuspects: false,
    });
  }
});
