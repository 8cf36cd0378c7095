import { type Accounting, type Totals, totalsOf } from "../contract/accounting.ts";
import type { Plan } from "../contract/plan.ts";
import { type Receipt, taskKey } from "../contract/receipt.ts";
import type { Shard } from "../contract/sink.ts";
import { PipelineError } from "../model/errors.ts";
import type { Storage } from "../storage/storage.ts";
import { joinUri, relativeUri } from "../storage/uri.ts";
import type { RetryTask } from "./retries.ts";

export const manifestName = "_manifest.json";
export const successName = "_SUCCESS";

/** One file of a finished dataset. */
export type ManifestFile = {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly samples: number;
};

/** What a finished dataset consists of. The same for every run of a plan over the same input: no clock, no run id. */
export type Manifest = {
  readonly version: 1;
  readonly planHash: string;
  readonly totals: Totals;
  readonly accounting: Accounting;
  /** In dataset order. */
  readonly shards: readonly ManifestFile[];
  /** Failed samples, JSON lines. */
  readonly quarantine: readonly ManifestFile[];
  /** What became of every sample, one log a task; `samples` counts its lines behind the header. */
  readonly outcomes: readonly ManifestFile[];
  /** What each stage handed on, where the plan says that it stays. */
  readonly spools: readonly ManifestFile[];
};

/** The files that the receipts of a run list, in dataset order. */
export interface FinishedTasks {
  readonly shards: readonly Shard[];
  readonly quarantine: readonly Shard[];
  readonly outcomes: readonly Shard[];
  /** What stages handed on, where it is to stay for inspection. */
  readonly spools: readonly Shard[];
}

/** Samples that `retries` took out of quarantine are no longer in it, unless they have failed again. */
export async function finishedTasks(
  receipts: AsyncIterable<Receipt>,
  plan: Plan,
  retries: Iterable<RetryTask> = [],
): Promise<FinishedTasks> {
  const lastStage = plan.stages.length - 1;
  const last: Receipt[] = [];
  const quarantine = new Map<string, Shard>();
  const outcomes: Shard[] = [];
  const spools: Shard[] = [];
  for await (const receipt of receipts) {
    if (receipt.quarantine !== undefined) quarantine.set(taskKey(receipt), receipt.quarantine);
    if (receipt.outcomes !== undefined) outcomes.push(receipt.outcomes);
    if (receipt.stage >= lastStage) last.push(receipt);
    else if (!plan.streaming) spools.push(...receipt.shards);
  }
  for (const { from, remaining } of retries) {
    if (remaining === null) quarantine.delete(taskKey(from));
    else quarantine.set(taskKey(from), remaining);
  }
  last.sort((a, b) => a.split - b.split);
  const byName = (files: readonly Shard[]) => files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    shards: last.flatMap((receipt) => receipt.shards),
    quarantine: byName([...quarantine.values()]),
    outcomes: byName(outcomes),
    spools: byName(spools),
  };
}

type ManifestFacts = Pick<Manifest, "planHash" | "accounting">;

interface PublishFacts extends ManifestFacts {
  /** Where input can be added: what splits from this one on have written is work of somebody who knows more. */
  readonly splitsBelow?: number;
}

/** What a dataset of these files consists of once it is finished. */
export function manifestOf(tasks: FinishedTasks, { planHash, accounting }: ManifestFacts): Manifest {
  return {
    version: 1,
    planHash,
    totals: totalsOf(accounting),
    accounting,
    shards: tasks.shards.map(manifestFile),
    quarantine: tasks.quarantine.map(manifestFile),
    outcomes: tasks.outcomes.map(manifestFile),
    spools: tasks.spools.map(manifestFile),
  };
}

/** The bytes of its file. */
export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`, "utf8");
}

/**
 * Turns what the ledger lists into a finished dataset: final names, no orphans, manifest, `_SUCCESS`,
 * in this order. Idempotent: after a crash anywhere in between, the same call ends the same way.
 */
export async function publish(
  storage: Storage,
  output: string,
  tasks: FinishedTasks,
  facts: PublishFacts,
): Promise<Manifest> {
  const files = [...tasks.shards, ...tasks.quarantine, ...tasks.outcomes, ...tasks.spools];
  await storage.removeTemporary(output);
  const present = await shardNames(storage, output, facts.splitsBelow);
  for (const { name, storedAs } of files) {
    // Absent when an earlier attempt at finishing moved it already.
    if (storedAs !== name && present.delete(storedAs))
      await storage.move(joinUri(output, storedAs), joinUri(output, name));
    present.delete(name);
  }
  // What is left are orphans: of attempts that did not count, and spools that nobody needs any more.
  for (const name of present) await storage.remove(joinUri(output, name));
  const manifest = manifestOf(tasks, facts);
  await putSame(storage, joinUri(output, manifestName), manifestBytes(manifest));
  await putSame(storage, joinUri(output, successName), new Uint8Array(0));
  return manifest;
}

/** Takes back that a dataset is finished, before its ledger says that there is work again. Idempotent. */
export async function unpublish(storage: Storage, output: string): Promise<void> {
  await storage.remove(joinUri(output, successName));
  await storage.remove(joinUri(output, manifestName));
}

/** Whether the dataset in a folder is finished. */
export async function isPublished(storage: Storage, output: string): Promise<boolean> {
  return (await storage.stat(joinUri(output, successName))) !== undefined;
}

function manifestFile(shard: Shard): ManifestFile {
  return { name: shard.name, bytes: shard.bytes, sha256: shard.sha256, samples: shard.samples };
}

/** Shards, spools, quarantine files and outcome logs of splits below the given one. Anything that does not bear a shard's name is not ours. */
async function shardNames(
  storage: Storage,
  output: string,
  splitsBelow = Number.POSITIVE_INFINITY,
): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { uri } of storage.list(output)) {
    const name = relativeUri(output, uri);
    const split = /^(?:_quarantine\/|_outcomes\/|_stages\/)?(?:stage-\d+-)?shard-(\d{6,})[-.]/.exec(name)?.[1];
    if (split !== undefined && Number(split) < splitsBelow) names.add(name);
  }
  return names;
}

async function putSame(storage: Storage, uri: string, bytes: Uint8Array): Promise<void> {
  if (await storage.putIfAbsent(uri, bytes)) return;
  if (!Buffer.from(await storage.read(uri)).equals(bytes)) {
    throw new PipelineError("LEDGER_CONFLICT", `${uri} exists and differs from what this run would write`, {
      details: { uri },
    });
  }
}
