import { expect, test } from "vitest";
import { SwiftCalls } from "./swift-calls.ts";

/** Of so many calls that take so long each, the number that are made on the thread. */
function madeHere(calls: SwiftCalls, count: number, milliseconds: (call: number) => number): number {
  let made = 0;
  for (let call = 0; call < count; call++) {
    if (!calls.isNext()) continue;
    made++;
    calls.took(milliseconds(call));
  }
  return made;
}

test("calls stay on the thread as long as they are quick, also where it now and then loses its turn", () => {
  expect(madeHere(new SwiftCalls(), 10_000, () => 0.03)).toBe(10_000);
  expect(madeHere(new SwiftCalls(), 10_000, (call) => (call % 10 === 0 ? 4 : 0.03))).toBe(10_000);
});

test("where calls wait, three in 67 find out whether they still do", () => {
  expect(madeHere(new SwiftCalls(), 6700, () => 1)).toBe(300);
});

test("one long wait is enough to leave the next calls to the thread pool", () => {
  const calls = new SwiftCalls();
  calls.took(50);
  expect(madeHere(calls, 64, () => 0.03)).toBe(0);
  expect(madeHere(calls, 64, () => 0.03)).toBe(64);
});
