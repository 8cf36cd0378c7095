import { type Accounting, emptyAccounting, imbalances } from "../contract/accounting.ts";
import type { Shard } from "../contract/sink.ts";
import { errorRecord, PipelineError } from "../model/errors.ts";
import { checkpointName, type LedgerEntry, snapshotName } from "./entry.ts";
import { readFrozenInput } from "./frozen-input.ts";
import {
  applyEntry,
  entryNumbers,
  readEntry,
  readReceipts,
  readSnapshot,
  readStateAt,
  snapshotSequences,
} from "./ledger-reading.ts";
import type { LedgerState } from "./ledger-state.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { readSegment } from "./receipt-segments.ts";

/** What is wrong with a ledger, and where. */
export interface LedgerFinding {
  readonly object: string;
  readonly message: string;
}

export interface LedgerCheck {
  readonly entries: number;
  readonly snapshots: number;
  readonly receipts: number;
  readonly splits: number;
  readonly findings: readonly LedgerFinding[];
}

/**
 * Reads every object of a ledger and holds it to what it promises: entries without a gap, all of a known version,
 * segments and frozen input with the sha256 that was noted, snapshots that say what the entries say, accounts that
 * add up once the run is finished. Finds everything, not only the first. `hasFile` tells whether a file that a
 * receipt lists is there.
 */
export async function checkLedger(
  store: LedgerStore,
  hasFile: (file: Shard) => Promise<boolean>,
): Promise<LedgerCheck> {
  const findings: LedgerFinding[] = [];
  const attempt = async (object: string, read: () => Promise<void>) => {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      findings.push({ object, message: errorRecord(error).message });
    }
  };
  const snapshots = await snapshotSequences(store);
  const entries = await entryNumbers(store);
  for (const number of entries) {
    await attempt(`${checkpointName(number)}.json`, async () => void (await readEntry(store, number)));
  }
  let before = 0;
  for (const sequence of snapshots) {
    await attempt(snapshotName(sequence), async () => {
      const { number } = await checkSnapshot(store, sequence, before, entries, findings);
      before = number;
    });
  }
  const last = Math.max(entries.at(-1) ?? 0, before);
  let receipts = 0;
  let splits = 0;
  await attempt(checkpointName(last), async () => {
    if (last === 0) throw new PipelineError("LEDGER_CORRUPT", `${store.location} holds no checkpoint`);
    const state = await readStateAt(store, last);
    splits = await checkInput(store, state);
    for await (const receipt of readReceipts(store, state)) {
      receipts++;
      await checkFiles(receipt.shards, receipt.stage, state, hasFile, findings);
    }
    if (receipts !== state.finishedTasks)
      findings.push({ object: "receipts", message: `${receipts} receipts for ${state.finishedTasks} finished tasks` });
    if (state.isFinished)
      for (const message of imbalances(stageAccounts(state))) findings.push({ object: "accounts", message });
  });
  return { entries: entries.length, snapshots: snapshots.length, receipts, splits, findings };
}

/** Holds a snapshot to the entries behind `before`, the number of the snapshot before it. */
async function checkSnapshot(
  store: LedgerStore,
  sequence: number,
  before: number,
  entries: readonly number[],
  findings: LedgerFinding[],
): Promise<{ readonly number: number }> {
  const { state } = await readSnapshot(store, sequence);
  for (const segment of state.segments) await readSegment(store, segment);
  const { number } = state;
  const between = entries.filter((entry) => entry > before && entry <= number);
  if (between.length !== number - before) return { number };
  const replayed = await replay(store, before, between);
  const { segments: _, ...expected } = replayed.toRecord([]);
  const { segments: __, ...found } = state;
  if (JSON.stringify(expected) !== JSON.stringify(found))
    findings.push({ object: snapshotName(sequence), message: "it does not say what the entries up to it say" });
  return { number };
}

async function replay(store: LedgerStore, base: number, entries: readonly number[]): Promise<LedgerState> {
  const state = await readStateAt(store, base);
  for (const number of entries) {
    const entry: LedgerEntry = await readEntry(store, number);
    applyEntry(state, entry, store);
  }
  return state;
}

async function checkInput(store: LedgerStore, state: LedgerState): Promise<number> {
  let splits = 0;
  for await (const _ of readFrozenInput(store, state.input)) splits++;
  return splits;
}

async function checkFiles(
  files: readonly Shard[],
  stage: number,
  state: LedgerState,
  hasFile: (file: Shard) => Promise<boolean>,
  findings: LedgerFinding[],
): Promise<void> {
  // What earlier stages handed on goes when the dataset is finished.
  const isSpool = stage !== (state.start?.plan.stages.length ?? 0) - 1;
  if (isSpool && state.isFinished) return;
  for (const file of files) {
    if (!(await hasFile(file)))
      findings.push({ object: file.storedAs, message: "a finished task wrote it, and it is not there" });
  }
}

function stageAccounts(state: LedgerState): readonly Accounting[] {
  const count = state.start?.plan.stages.length ?? 0;
  return Array.from({ length: count }, (_, index) => state.stages[index]?.accounting ?? emptyAccounting);
}
