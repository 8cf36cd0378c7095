import type { Stage } from "../contract/plan.ts";
import type { Shard } from "../contract/sink.ts";
import type { StartEntry } from "../ledger/entry.ts";
import { findListedFile } from "../ledger/find-listed-file.ts";
import { readFrozenInput } from "../ledger/frozen-input.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { readRetries } from "../ledger/retries.ts";
import type { Storage } from "../storage/storage.ts";
import type { PendingTask } from "./stage-tasks.ts";

/** The shards of a stage that the next one reads, by the split that they become there. */
export type SpoolShards = ReadonlyMap<number, readonly string[]>;

/**
 * Shards that a finished stage left for the next one, from the ledger. Splits stay what they were,
 * except behind a gather stage, whose shards become the splits of what follows.
 */
export async function spoolShardsOf(
  ledger: Ledger,
  stage: Stage,
  storage: Storage,
  output: string,
): Promise<SpoolShards> {
  const nameOf = async (shard: Shard) => {
    // Files keep the names of their attempts until a dataset is finished: only work that became undone is found behind that.
    if (ledger.state.epoch === 0) return shard.storedAs;
    return (await findListedFile(storage, output, shard))?.name ?? shard.storedAs;
  };
  const shards = new Map<number, readonly string[]>();
  for await (const receipt of ledger.receipts()) {
    if (receipt.stage !== stage.index) continue;
    const names: string[] = [];
    for (const shard of receipt.shards) names.push(await nameOf(shard));
    if (stage.kind === "map") shards.set(receipt.split, names);
    else for (const [index, name] of names.entries()) shards.set(index, [name]);
  }
  return shards;
}

/** Splits begin small (decision 0003): so many of them even out at the end of a stage who is done when. */
const keptForLast = 16;

/** Tasks of a stage which the ledger does not list yet: in order, but the first ones last where there are many. */
export async function* pendingTasks(
  ledger: Ledger,
  store: LedgerStore,
  start: StartEntry,
  stage: Stage,
  spool: SpoolShards,
): AsyncGenerator<PendingTask> {
  const isAllDone = (first: number, end: number) => ledger.state.stages[stage.index]?.done.hasAll(first, end) ?? false;
  const isRetry = isRetryStage(start, stage);
  const tasks = isRetry ? retryTasks(ledger, store, stage) : allTasks(ledger, store, stage, spool, isAllDone);
  const isLong = !isRetry && taskCount(ledger, start, stage, spool) >= 2 * keptForLast;
  const kept: PendingTask[] = [];
  for await (const task of tasks) {
    if (ledger.isDone(task.id)) continue;
    if (isLong && task.id.split < keptForLast) kept.push(task);
    else yield task;
  }
  yield* kept;
}

/** How many tasks a stage has. */
export function taskCount(ledger: Ledger, start: StartEntry, stage: Stage, spool: SpoolShards): number {
  if (isRetryStage(start, stage)) return ledger.state.retries.reduce((sum, object) => sum + object.tasks, 0);
  if (stage.kind === "gather") return 1;
  return stage.index === 0 ? ledger.state.splits : spool.size;
}

function isRetryStage(start: StartEntry, stage: Stage): boolean {
  return stage.index === start.plan.stages.length;
}

async function* allTasks(
  ledger: Ledger,
  store: LedgerStore,
  stage: Stage,
  spool: SpoolShards,
  isAllDone: (first: number, end: number) => boolean,
): AsyncGenerator<PendingTask> {
  if (stage.index === 0) {
    const isNeeded = (first: number, end: number) => !isAllDone(first, end);
    for await (const { index, split } of readFrozenInput(store, ledger.state.input, isNeeded)) {
      yield { id: { stage: 0, split: index }, input: { kind: "split", split } };
    }
    return;
  }
  const splits = [...spool].sort(([a], [b]) => a - b);
  if (stage.kind === "gather") {
    yield {
      id: { stage: stage.index, split: 0 },
      input: { kind: "spool", shards: splits.flatMap(([, shards]) => shards) },
    };
    return;
  }
  for (const [split, shards] of splits) yield { id: { stage: stage.index, split }, input: { kind: "spool", shards } };
}

/** The tasks of retries, each with the split of the input that holds its samples. */
async function* retryTasks(ledger: Ledger, store: LedgerStore, stage: Stage): AsyncGenerator<PendingTask> {
  for (const object of ledger.state.retries) {
    const bySource = Map.groupBy(await readRetries(store, object), (task) => task.source);
    const isNeeded = (first: number, end: number) =>
      [...bySource.keys()].some((source) => source >= first && source < end);
    for await (const { index, split } of readFrozenInput(store, ledger.state.input, isNeeded)) {
      for (const { split: place, samples } of bySource.get(index) ?? [])
        yield { id: { stage: stage.index, split: place }, input: { kind: "retry", split, samples } };
    }
  }
}
