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
      const window = new SampleWindow<number>(budget, limit, (result) => {
        emitted.push(result);
        heldBytes -= items[result]?.cost ?? 0;
      });
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

test("a rejection surfaces where the window is waited for, not as an unhandled one", async () => {
  const window = new SampleWindow<number>(100, 4, () => undefined);
  window.admit(1, later(3, 1));
  window.admit(1, Promise.reject(new Error("broken storage")));
  await expect(window.settleAll()).rejects.toThrow("broken storage");
});
