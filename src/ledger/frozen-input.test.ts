import { expect, test } from "vitest";
import type { Split } from "../contract/source.ts";
import { memoryLedger } from "../testing/memory-ledger.ts";
import { freezeInput, readFrozenInput } from "./frozen-input.ts";

/** Some 10 KB each as JSON. */
function splits(count: number): readonly Split[] {
  return Array.from({ length: count }, (_, index) => ({
    files: Array.from({ length: 100 }, (_, file) => ({
      uri: `/in/été 🙂/${"a".repeat(20)}/${index}-${file}.jpg`,
      bytes: file,
      version: `${file}-${index}`,
    })),
    locator: { root: "/in/", samples: [[1, "first-dot"]] },
    bytes: 4950,
    samples: 100,
  }));
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

test("a frozen input reads back as it was, whatever the number of its chunks; those not needed are not read", async () => {
  const store = memoryLedger();
  const given = splits(500);
  const frozen = await freezeInput(store, "run", each(given));
  expect(frozen).toMatchObject({ splits: 500, bytes: 500 * 4950, samples: 50_000 });
  if (frozen === undefined) throw new Error("nothing was frozen");
  const { chunks } = frozen;
  expect(chunks.length).toBeGreaterThan(3);

  const input = [{ firstSplit: 7, ...frozen }];
  const read: Split[] = [];
  for await (const { index, split } of readFrozenInput(store, input)) {
    expect(index).toBe(7 + read.length);
    read.push(split);
  }
  expect(read).toEqual(given);

  const last = chunks.at(-1)?.splits ?? 0;
  const rest: number[] = [];
  await store.remove(chunks[0]?.name ?? "");
  for await (const { index } of readFrozenInput(store, input, (_, end) => end === 507)) rest.push(index);
  expect(rest).toEqual(Array.from({ length: last }, (_, place) => 507 - last + place));
});
