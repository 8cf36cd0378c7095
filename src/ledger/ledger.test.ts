import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { emptyAccounting } from "../contract/accounting.ts";
import type { Plan } from "../contract/plan.ts";
import type { Receipt } from "../contract/receipt.ts";
import { localStorage } from "../storage/local-storage.ts";
import { checkLedgerStore } from "../testing/check-ledger-store.ts";
import { memoryLedger } from "../testing/memory-ledger.ts";
import { Ledger } from "./ledger.ts";
import { type LedgerStore, storedLedger } from "./ledger-store.ts";

const plan: Plan = {
  version: 1,
  source: { name: "files", options: {} },
  stages: [{ index: 0, kind: "map", steps: [] }],
  sink: { name: "null", options: {} },
  streaming: true,
  seed: 0,
};

function beginning(runId: string) {
  return {
    runId,
    planHash: "h",
    plan,
    fingerprints: {},
    input: { chunks: [{ name: `inputs/${runId}`, splits: 9, sha256: "" }], splits: 9, bytes: 1, samples: null },
  };
}

function receipt(split: number, by: string): Receipt {
  const name = `shard-${String(split).padStart(6, "0")}-0000.tar`;
  const shard = { name, storedAs: `${name}.${by}`, bytes: 1, sha256: "0".repeat(64), samples: 1 };
  return {
    stage: 0,
    split,
    attempt: 1,
    shards: [shard],
    accounting: { ...emptyAccounting, read: 1, written: 1 },
    seconds: 1,
  };
}

async function receiptsOf(store: LedgerStore): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = [];
  for await (const found of (await Ledger.open(store, () => undefined)).receipts()) receipts.push(found);
  return receipts;
}

test("the stores keep their contract", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "ledger-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await checkLedgerStore("stored", async () => storedLedger(localStorage, path.join(folder, ".checkpoints")));
  const memory = memoryLedger();
  await checkLedgerStore("memory", async () => memory);
});

test("whatever the order in which coordinators commit, crash and come back: nothing lost, nothing counted twice", async () => {
  const action = fc.record({
    coordinator: fc.nat({ max: 2 }),
    splits: fc.uniqueArray(fc.nat({ max: 8 }), { minLength: 1, maxLength: 4 }),
    /** The process ends and another opens the ledger anew. */
    restartsFirst: fc.boolean(),
    /** Begins before the action before it has ended. */
    isConcurrent: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const store = memoryLedger();
      const counted: Map<string, number>[] = [];
      const open = async (coordinator: number) => {
        const seen = new Map<string, number>();
        counted[coordinator] = seen;
        return Ledger.open(store, ({ split }) => seen.set(String(split), (seen.get(String(split)) ?? 0) + 1));
      };
      const ledgers = [await open(0), await open(1), await open(2)];
      await Promise.all(ledgers.map((ledger, index) => ledger.begin(beginning(`run ${index}`))));
      expect(new Set(ledgers.map((ledger) => ledger.start?.runId)).size).toBe(1);

      const acknowledged = new Set<number>();
      let running: Promise<unknown>[] = [];
      for (const { coordinator, splits, restartsFirst, isConcurrent } of actions) {
        if (!isConcurrent || restartsFirst) running = await Promise.all(running).then(() => []);
        if (restartsFirst) ledgers[coordinator] = await open(coordinator);
        const committing = ledgers[coordinator]
          ?.commit(splits.map((split) => receipt(split, `c${coordinator}`)))
          .then(() => {
            for (const split of splits) acknowledged.add(split);
          });
        if (committing !== undefined) running.push(committing);
      }
      await Promise.all(running);

      const receipts = await receiptsOf(store);
      expect(receipts.map(({ split }) => split).sort()).toEqual([...acknowledged].sort());
      for (const seen of counted) for (const count of seen.values()) expect(count).toBe(1);
      const last = await Ledger.open(store, () => undefined);
      expect(last.finishedTasks).toBe(acknowledged.size);
    }),
    { numRuns: 200 },
  );
});

test("entries are numbered without gaps, and a gap is found", async () => {
  const store = memoryLedger();
  const ledger = await Ledger.open(store, () => undefined);
  await ledger.begin(beginning("run"));
  expect((await ledger.commit([receipt(1, "a")]))?.name).toBe("checkpoint_000002");
  expect((await ledger.commit([receipt(2, "a"), receipt(1, "b")]))?.receipts.map(({ split }) => split)).toEqual([2]);
  expect(await ledger.commit([receipt(1, "c")])).toBeUndefined();
  await store.putIfAbsent("checkpoint_000005.json", Buffer.from("{}"));
  await expect(Ledger.open(store, () => undefined)).rejects.toMatchObject({
    code: "LEDGER_CORRUPT",
    message: expect.stringContaining("lacks checkpoint_000004.json"),
  });
});

test("an entry of a newer version is refused as such, and one that is damaged as damaged", async () => {
  const newer = memoryLedger();
  await newer.putIfAbsent("checkpoint_000001.json", Buffer.from('{"version":2,"type":"start"}'));
  await expect(Ledger.open(newer, () => undefined)).rejects.toMatchObject({ code: "LEDGER_VERSION" });
  const damaged = memoryLedger();
  await damaged.putIfAbsent("checkpoint_000001.json", Buffer.from('{"version":1,"type":"sta'));
  await expect(Ledger.open(damaged, () => undefined)).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
});
