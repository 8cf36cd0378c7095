import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { beginning, receiptOf } from "../../test/fixtures/ledger/records.ts";
import type { Receipt } from "../contract/receipt.ts";
import { localStorage } from "../storage/local-storage.ts";
import { checkLedgerStore } from "../testing/check-ledger-store.ts";
import { memoryLedger } from "../testing/memory-ledger.ts";
import { Ledger } from "./ledger.ts";
import { type LedgerStore, storedLedger } from "./ledger-store.ts";

async function namesIn(store: LedgerStore, prefix = ""): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of store.names(prefix)) names.push(name);
  return names;
}

async function splitsOf(ledger: Ledger): Promise<readonly number[]> {
  const receipts: Receipt[] = [];
  for await (const receipt of ledger.receipts()) receipts.push(receipt);
  return receipts.map(({ split }) => split);
}

/** A ledger whose entry n + 1 commits split n. */
async function ledgerOf(store: LedgerStore, splits: number): Promise<Ledger> {
  const ledger = await Ledger.open(store);
  await ledger.begin(beginning("run", splits));
  for (let split = 1; split <= splits; split++) await ledger.commit([receiptOf(split, "a")]);
  return ledger;
}

test("the stores keep their contract", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "ledger-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await checkLedgerStore("stored", async () => storedLedger(localStorage, path.join(folder, ".checkpoints")));
  const memory = memoryLedger();
  await checkLedgerStore("memory", async () => memory);
});

test("entries are numbered without gaps, and a gap is found", async () => {
  const store = memoryLedger();
  const ledger = await Ledger.open(store);
  await ledger.begin(beginning("run"));
  expect((await ledger.commit([receiptOf(1, "a")]))?.name).toBe("checkpoint_000002");
  expect((await ledger.commit([receiptOf(2, "a"), receiptOf(1, "b")]))?.receipts.map(({ split }) => split)).toEqual([
    2,
  ]);
  expect(await ledger.commit([receiptOf(1, "c")])).toBeUndefined();
  await store.putIfAbsent("checkpoint_000005.json", Buffer.from("{}"));
  await expect(Ledger.open(store)).rejects.toMatchObject({
    code: "LEDGER_CORRUPT",
    message: expect.stringContaining("lacks checkpoint_000004.json"),
  });
});

test("what version 2 wrote is read, and gone on with", async () => {
  const newer = memoryLedger();
  await (await ledgerOf(newer, 12)).retain(4);
  const store = memoryLedger();
  for (const name of await namesIn(newer)) {
    const bytes = Buffer.from(await newer.get(name));
    const isJson = name.endsWith(".json");
    const older = isJson ? Buffer.from(bytes.toString().replace('"version":3', '"version":2')) : bytes;
    expect(older.equals(bytes)).toBe(!isJson);
    await store.putIfAbsent(name, older);
  }
  const ledger = await Ledger.open(store);
  expect(ledger.state.finishedTasks).toBe(12);
  await ledger.finish(ledger.state.workVersion);
  const added = async function* () {
    yield { files: [{ uri: "/new", bytes: 1, version: "1" }], bytes: 1 };
  };
  expect(await ledger.extend(added, async () => undefined)).toBe(true);
  expect((await Ledger.open(store)).state).toMatchObject({ isFinished: false, splits: 13, nextSplit: 13 });
});

test("an entry of a newer version is refused as such, and one that is damaged as damaged", async () => {
  const newer = memoryLedger();
  await newer.putIfAbsent("checkpoint_000001.json", Buffer.from('{"version":4,"type":"start"}'));
  await expect(Ledger.open(newer)).rejects.toMatchObject({ code: "LEDGER_VERSION" });
  const damaged = memoryLedger();
  await damaged.putIfAbsent("checkpoint_000001.json", Buffer.from('{"version":1,"type":"sta'));
  await expect(Ledger.open(damaged)).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
});

test("folding keeps the last checkpoints and loses no receipt", async () => {
  const store = memoryLedger();
  const ledger = await ledgerOf(store, 40);
  const before = ledger.state.toRecord([]);
  await ledger.retain(5);
  expect(await namesIn(store, "checkpoint_")).toEqual(
    [37, 38, 39, 40, 41].map((number) => `checkpoint_0000${number}.json`),
  );
  expect(await namesIn(store, "snapshots/")).toEqual(["snapshots/000001.json"]);
  for (const opened of [ledger, await Ledger.open(store)]) {
    expect(opened.state.toRecord([])).toEqual(before);
    expect(await splitsOf(opened)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  }
  await ledger.retain(1);
  expect(await namesIn(store)).toEqual([
    "checkpoint_000041.json",
    expect.stringMatching(/^receipts\/snapshot-000001-/),
    expect.stringMatching(/^receipts\/snapshot-000002-/),
    "snapshots/000002.json",
  ]);
  expect(await splitsOf(await Ledger.open(store))).toHaveLength(40);
});

test("an object that nobody could read any more is noticed: a segment is held to its sha256", async () => {
  const store = memoryLedger();
  const ledger = await ledgerOf(store, 10);
  await ledger.retain(1);
  const [segment = ""] = await namesIn(store, "receipts/");
  await store.put(segment, Buffer.from("something else"));
  await expect(splitsOf(ledger)).rejects.toMatchObject({
    code: "LEDGER_CORRUPT",
    message: expect.stringContaining(segment),
  });
});

test("going back makes everything as it was then, once for each checkpoint, and folding does not forget it", async () => {
  const store = memoryLedger();
  const ledger = await ledgerOf(store, 12);
  await ledger.finish(ledger.state.workVersion);
  await ledger.retain(8);
  expect(await ledger.rollBack("checkpoint_000009")).toBe(true);
  expect(ledger.state).toMatchObject({ isFinished: false, finishedTasks: 8, epoch: 1 });
  expect(await splitsOf(ledger)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await ledger.commit([receiptOf(9, "again"), receiptOf(12, "again")]);
  for (let retained = 0; retained < 2; retained++) {
    const restarted = await Ledger.open(store);
    expect(await restarted.rollBack("checkpoint_000009")).toBe(false);
    expect(await splitsOf(restarted)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 12]);
    await restarted.retain(1);
  }
});

test("a checkpoint that is folded away, or never was, is named with those that are there", async () => {
  const store = memoryLedger();
  const ledger = await ledgerOf(store, 12);
  await ledger.retain(3);
  for (const name of ["checkpoint_000002", "checkpoint_000014", "checkpoint_12", "latest"]) {
    await expect(ledger.rollBack(name)).rejects.toMatchObject({
      code: "CHECKPOINT_NOT_FOUND",
      message: expect.stringContaining("expected checkpoint_000011 to checkpoint_000013"),
    });
  }
  expect(await splitsOf(ledger)).toHaveLength(12);
});

test("tasks that are to be done again count no longer, and then once", async () => {
  const store = memoryLedger();
  const ledger = await ledgerOf(store, 12);
  await ledger.finish(ledger.state.workVersion);
  await ledger.redo([
    { stage: 0, split: 3 },
    { stage: 0, split: 99 },
  ]);
  expect(ledger.state).toMatchObject({ isFinished: false, finishedTasks: 11 });
  expect(ledger.state.stages[0]?.accounting.read).toBe((12 * 15) / 2 - 4);
  await ledger.commit([receiptOf(3, "again")]);
  await ledger.retain(1);
  const receipts = await splitsOf(await Ledger.open(store));
  expect(receipts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
});

test("a writer that slept while its number was folded away appends behind what it then finds", async () => {
  const store = memoryLedger();
  const sleeper = await ledgerOf(store, 3);
  const other = await Ledger.open(store);
  for (let split = 4; split <= 20; split++) await other.commit([receiptOf(split, "other")]);
  await other.retain(2);
  const checkpoint = await sleeper.commit([receiptOf(5, "sleeper"), receiptOf(30, "sleeper")]);
  expect(checkpoint?.name).toBe("checkpoint_000022");
  expect(checkpoint?.receipts.map(({ split }) => split)).toEqual([30]);
  expect(await splitsOf(await Ledger.open(store))).toEqual([...Array.from({ length: 20 }, (_, n) => n + 1), 30]);
});

test("a run is found finished only when nobody has gone back meanwhile", async () => {
  const store = memoryLedger();
  const ledger = await ledgerOf(store, 4);
  const { workVersion } = ledger.state;
  await (await Ledger.open(store)).rollBack("checkpoint_000002");
  expect(await ledger.finish(workVersion)).toBe(false);
  expect(ledger.state).toMatchObject({ isFinished: false, finishedTasks: 1 });
});
