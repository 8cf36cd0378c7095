import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedLedger } from "../../test/fixtures/ledger/faulty-store.ts";
import { beginning, receiptOf } from "../../test/fixtures/ledger/records.ts";
import type { Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import type { LedgerEntry } from "./entry.ts";
import { readFrozenInput } from "./frozen-input.ts";
import { Ledger } from "./ledger.ts";

const splits = 12;

/** What a ledger that forgets nothing says: every entry ever written, replayed in the plainest way. */
interface Model {
  readonly done: ReadonlyMap<number, string>;
  readonly rollbacks: readonly string[];
  readonly isFinished: boolean;
  /** Numbers of the splits that were added. */
  readonly added: readonly number[];
}

const nothing: Model = { done: new Map(), rollbacks: [], isFinished: false, added: [] };

function replay(history: readonly LedgerEntry[]): readonly Model[] {
  const states: Model[] = [];
  for (const entry of history) {
    const before = states.at(-1) ?? nothing;
    if (entry.type === "commit") {
      const done = new Map(before.done);
      for (const receipt of entry.receipts)
        if (!done.has(receipt.split)) done.set(receipt.split, receipt.shards[0]?.storedAs ?? "");
      states.push({ ...before, done });
    } else if (entry.type === "rollback") {
      const target = states[Number(entry.to.slice(-6)) - 1];
      states.push({ ...(target ?? nothing), rollbacks: [...before.rollbacks, entry.to] });
    } else if (entry.type === "redo") {
      const done = new Map(before.done);
      for (const task of entry.tasks) done.delete(task.split);
      const { additions = [] } = entry.state;
      const added = additions.flatMap(({ firstSplit, splits: count }) => numbersFrom(firstSplit, count));
      states.push({ ...before, done, added, isFinished: false });
    } else if (entry.type === "finish") states.push({ ...before, isFinished: true });
    else if (entry.type === "extend") {
      const { firstSplit, splits: count } = entry.input;
      states.push({ ...before, added: [...before.added, ...numbersFrom(firstSplit, count)], isFinished: false });
    } else states.push(before);
  }
  return states;
}

function numbersFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("commit" as const),
      splits: fc.uniqueArray(fc.nat({ max: splits - 1 }), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("retain" as const), keep: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("roll back" as const), back: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("redo" as const), split: fc.nat({ max: splits - 1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refresh" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("finish" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("extend" as const), splits: fc.integer({ min: 0, max: 3 }) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

/** One coordinator: what it does, and after how many of its calls to the store its process ends. */
const life = fc.record({ actions: fc.array(action, { maxLength: 8 }), diesAfter: fc.option(fc.nat({ max: 60 })) });

async function* splitsBy(by: string, count: number): AsyncGenerator<Split> {
  for (let index = 0; index < count; index++)
    yield { files: [{ uri: `/${by}/${index}`, bytes: 1, version: "1" }], bytes: 1 };
}

async function live(ledger: Ledger, actions: readonly Action[], by: string): Promise<void> {
  await ledger.begin(beginning(`run-${by}`, splits));
  for (const [index, one] of actions.entries()) {
    if (one.do === "commit") await ledger.commit(one.splits.map((split) => receiptOf(split, `${by}.${index}`)));
    else if (one.do === "retain") await ledger.retain(one.keep);
    else if (one.do === "redo") await ledger.redo([{ stage: 0, split: one.split }]);
    else if (one.do === "refresh") await ledger.refresh();
    else if (one.do === "finish") await ledger.finish(ledger.state.workVersion);
    else if (one.do === "withdraw") {
      const last = ledger.state.additions.at(-1);
      if (last !== undefined) await ledger.withdraw(last);
    } else if (one.do === "extend")
      await ledger.extend(
        () => splitsBy(by, one.splits),
        async () => undefined,
      );
    else {
      const to = `checkpoint_${String(Math.max(1, ledger.state.number - one.back)).padStart(6, "0")}`;
      try {
        await ledger.rollBack(to);
      } catch (error) {
        // Folded away by whoever keeps less: said so, and nothing changes.
        if (!(error instanceof PipelineError) || error.code !== "CHECKPOINT_NOT_FOUND") throw error;
      }
    }
  }
}

test("however coordinators interleave, crash and sleep: what is read is what a ledger that forgets nothing says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), fc.scheduler(), async (lives, scheduler) => {
      const shared = new SharedLedger();
      const running = lives.map(async ({ actions, diesAfter }, index) => {
        let calls = 0;
        let died = () => {};
        const death = new Promise<void>((resolve) => {
          died = resolve;
        });
        const store = shared.openedBy(async () => {
          if (diesAfter !== null && calls++ >= diesAfter) {
            died();
            return "dead";
          }
          await scheduler.schedule(Promise.resolve(), `coordinator ${index}`);
          return "go on";
        });
        const living = Ledger.open(store).then((ledger) => live(ledger, actions, `c${index}`));
        await Promise.race([living, death]);
      });
      await scheduler.waitFor(Promise.all(running));

      const states = replay(shared.history);
      const model = states.at(-1) ?? nothing;
      const ledger = await Ledger.open(shared.calm);
      expect(ledger.state.number).toBe(states.length);
      expect(ledger.state.rollbacks).toEqual(model.rollbacks);
      expect(new Set(model.rollbacks).size).toBe(model.rollbacks.length);
      expect(ledger.state.isFinished).toBe(model.isFinished);
      const added: number[] = [];
      for await (const { index } of readFrozenInput(shared.calm, ledger.state.additions)) added.push(index);
      expect(added).toEqual(model.added);
      expect(added.every((split) => split >= splits)).toBe(true);
      const found = new Map<number, string>();
      for await (const receipt of ledger.receipts()) {
        expect(found.has(receipt.split)).toBe(false);
        found.set(receipt.split, receipt.shards[0]?.storedAs ?? "");
      }
      expect([...found].sort()).toEqual([...model.done].sort());
      const read = [...model.done.keys()].reduce((sum, split) => sum + split + 1, 0);
      expect(ledger.state.stages[0]?.accounting.read ?? 0).toBe(read);
      expect(ledger.finishedTasksOf(0)).toBe(model.done.size);
    }),
    { numRuns: 500 },
  );
});
