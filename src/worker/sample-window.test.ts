import fc from "fast-check";
import { expect, test } from "vitest";
import { SampleWindow } from "./sample-window.ts";

const item = fc.record({ cost: fc.nat({ max: 150 }), turns: fc.nat({ max: 5 }), isSync: fc.boolean() });

async function later(turns: number, value: number): Promise<number> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  return value;
}

test("results come in order, and what is in flight stays within the budget or is one item", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), async (items, limit) => {
      const budget = 100;
      const emitted: number[] = [];
      let heldBytes = 0;
      let highestBytes = 0;
      const window = new SampleWindow<number>(
        () => budget,
        limit,
        (result) => {
          emitted.push(result);
          heldBytes -= items[result]?.cost ?? 0;
        },
      );
      for (const [index, { cost, turns, isSync }] of items.entries()) {
        await window.makeRoom(cost);
        heldBytes += cost;
        highestBytes = Math.max(highestBytes, heldBytes);
        window.admit(cost, isSync ? index : later(turns, index));
      }
      await window.settleAll();
      expect(emitted).toEqual(items.map((_, index) => index));
      expect(highestBytes).toBeLessThanOrEqual(Math.max(budget, ...items.map(({ cost }) => cost)));
    }),
  );
});

test("a budget that shrinks to nothing leaves one item at a time, and lets what is in flight end", async () => {
  let budget = 100;
  const emitted: number[] = [];
  const window = new SampleWindow<number>(
    () => budget,
    8,
    (result) => emitted.push(result),
  );
  for (const index of [0, 1, 2]) window.admit(30, later(3, index));
  expect(window.hasRoomFor(10)).toBe(true);
  budget = 0;
  expect(window.hasRoomFor(10)).toBe(false);
  await window.makeRoom(10);
  expect(emitted).toEqual([0, 1, 2]);
  window.admit(10, later(1, 3));
  expect(window.hasRoomFor(0)).toBe(false);
  await window.settleAll();
  expect(emitted).toEqual([0, 1, 2, 3]);
});

test("a rejection surfaces where the window is waited for, not as an unhandled one", async () => {
  const window = new SampleWindow<number>(
    () => 100,
    4,
    () => undefined,
  );
  window.admit(1, later(3, 1));
  window.admit(1, Promise.reject(new Error("broken storage")));
  await expect(window.settleAll()).rejects.toThrow("broken storage");
});
