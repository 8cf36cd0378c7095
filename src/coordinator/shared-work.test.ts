import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { beginning, receiptOf } from "../../test/fixtures/ledger/records.ts";
import { taskKey } from "../contract/receipt.ts";
import { Ledger } from "../ledger/ledger.ts";
import { localStorage } from "../storage/local-storage.ts";
import { memoryLedger } from "../testing/memory-ledger.ts";
import { GroupCommit } from "./group-commit.ts";
import { LedgerWork } from "./shared-work.ts";
import { removeSuperseded } from "./superseded.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "shared-work-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("whoever claims a task learns that somebody has finished it who came and went meanwhile", async () => {
  const store = memoryLedger();
  const ledger = await Ledger.open(store);
  await ledger.begin(beginning("run"));
  const work = new LedgerWork(ledger, store);
  await work.claim(["0/1"]);

  const others = await Ledger.open(store);
  const othersWork = new LedgerWork(others, store);
  const receipt = receiptOf(2, "other");
  expect([...(await othersWork.claim([taskKey(receipt)]))]).toEqual(["0/2"]);
  await others.commit([receipt]);
  await othersWork.close();

  expect(work.isDone(receipt)).toBe(false);
  expect([...(await work.claim([taskKey(receipt)]))]).toEqual(["0/2"]);
  expect(work.isDone(receipt)).toBe(true);
  await work.close();
});

test("an attempt that comes second leaves nothing; what counts, and what has its final name, stays", async () => {
  const output = await temporaryFolder();
  const store = memoryLedger();
  const ledger = await Ledger.open(store);
  await ledger.begin(beginning("run"));
  const first = receiptOf(1, "first");
  await (await Ledger.open(store)).commit([first]);

  const quarantined = { name: "_quarantine/q", storedAs: "_quarantine/q.second", bytes: 1, sha256: "", samples: 1 };
  const sharedName = "_outcomes/o";
  const outcomes = { name: sharedName, storedAs: sharedName, bytes: 1, sha256: "", samples: 1 };
  const second = { ...receiptOf(1, "second"), quarantine: quarantined, outcomes };
  const ours = receiptOf(2, "ours");
  const files = [...first.shards, ...second.shards, quarantined, outcomes, ...ours.shards].map((file) => file.storedAs);
  for (const file of files) {
    await mkdir(path.dirname(path.join(output, file)), { recursive: true });
    await writeFile(path.join(output, file), "x");
  }

  const counted: number[] = [];
  const commits = new GroupCommit(ledger, 60, 100, {
    checkpointWritten: (_, receipts) => void counted.push(...receipts.map(({ split }) => split)),
    superseded: (receipts) => removeSuperseded(ledger, localStorage, output, receipts),
    failed: (error) => expect.fail(String(error)),
  });
  commits.add(second);
  commits.add(ours);
  await commits.flush();
  expect(counted).toEqual([2]);
  const left = await readdir(output, { recursive: true });
  expect(left.filter((name) => !/^_[a-z]+$/.test(name)).sort()).toEqual([
    sharedName,
    "shard-000001-0000.tar.first",
    "shard-000002-0000.tar.ours",
  ]);

  // Where the answer to the own entry was lost, what it lists is told of as if it came second.
  await removeSuperseded(ledger, localStorage, output, [ours, first]);
  expect(await readdir(output)).toEqual(expect.arrayContaining([ours.shards[0]?.storedAs, first.shards[0]?.storedAs]));
});
