import { expect, test } from "vitest";
import { beginning, receiptOf } from "../../test/fixtures/ledger/records.ts";
import type { Split } from "../contract/source.ts";
import { freezeInput } from "../ledger/frozen-input.ts";
import { Ledger } from "../ledger/ledger.ts";
import { memoryLedger } from "../testing/memory-ledger.ts";
import { pendingTasks } from "./stage-input.ts";

const stage = { index: 0, kind: "map", steps: [] } as const;

async function pendingOf(splits: number, done: readonly number[]): Promise<readonly number[]> {
  const store = memoryLedger();
  const list = async function* (): AsyncGenerator<Split> {
    for (let index = 0; index < splits; index++)
      yield { files: [{ uri: `/in/${index}`, bytes: 1, version: "1" }], bytes: 1 };
  };
  const input = await freezeInput(store, "run", list());
  if (input === undefined) throw new Error("nothing was frozen");
  const ledger = await Ledger.open(store);
  const start = await ledger.begin({ ...beginning("run", splits), input });
  await ledger.commit(done.map((split) => receiptOf(split, "a")));
  const pending: number[] = [];
  for await (const { id, input: read } of pendingTasks(ledger, store, start, stage, new Map())) {
    expect(read).toMatchObject({ kind: "split", split: { files: [{ uri: `/in/${id.split}` }] } });
    pending.push(id.split);
  }
  return pending;
}

const from = (first: number, end: number) => Array.from({ length: end - first }, (_, index) => first + index);

test("each task that is not done is handed out once, the first and small ones last where there are many", async () => {
  expect(await pendingOf(31, [])).toEqual(from(0, 31));
  expect(await pendingOf(32, [])).toEqual([...from(16, 32), ...from(0, 16)]);
  expect(await pendingOf(40, [3, 20])).toEqual(
    [...from(16, 40), ...from(0, 16)].filter((split) => split !== 3 && split !== 20),
  );
});
