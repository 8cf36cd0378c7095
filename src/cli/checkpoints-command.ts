import process from "node:process";
import { formatBytes } from "../contract/units.ts";
import { checkLedger } from "../ledger/check-ledger.ts";
import { type CheckpointFacts, checkpointDetails, checkpointFacts } from "../ledger/checkpoint-facts.ts";
import { checkpointNumber } from "../ledger/entry.ts";
import { findListedFile } from "../ledger/find-listed-file.ts";
import { Ledger } from "../ledger/ledger.ts";
import { isGone } from "../ledger/ledger-reading.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { formatCount } from "../telemetry/format-quantity.ts";
import { paintFor } from "../telemetry/paint.ts";
import { type Cell, tableLines } from "../telemetry/text-table.ts";
import { exitCodes } from "./exit-code.ts";
import { findLedger } from "./ledger-folder.ts";
import { terminal } from "./terminal.ts";

export interface CheckpointsOptions {
  readonly checkpoints?: string;
  readonly json?: true;
}

/** `pipeline checkpoints list <output>`: those that can be gone back to, oldest first, with what was done by then. */
export async function checkpointsListCommand(folder: string, options: CheckpointsOptions): Promise<number> {
  const { store } = await findLedger(folder, options.checkpoints);
  const all: CheckpointFacts[] = [];
  for await (const facts of checkpointFacts(store)) all.push(facts);
  if (options.json === true) {
    terminal.printJson(all);
    return exitCodes.done;
  }
  const paint = paintFor(process.stdout);
  const rows = all.map((facts): Cell[] => [
    { text: facts.name, ...(facts.isCurrent ? { style: "bold" } : {}) },
    { text: facts.at.replace("T", " ").slice(0, 19) },
    { text: typeText(facts) },
    { text: formatCount(facts.finishedTasks) },
    { text: formatCount(facts.totals.written) },
    { text: formatBytes(facts.shardBytes) },
    { text: facts.isCurrent ? "current" : "", style: "green" },
  ]);
  const columns = [
    { title: "checkpoint" },
    { title: "time (UTC)" },
    { title: "what" },
    { title: "tasks", align: "right" as const },
    { title: "samples", align: "right" as const },
    { title: "shards", align: "right" as const },
    { title: "" },
  ];
  terminal.print(...tableLines(columns, rows, { width: process.stdout.columns ?? 100, paint }));
  terminal.print(
    "",
    "go back to one: `pipeline run … --resume-from <checkpoint>`, or RESUME_FROM_CHECKPOINT; once each",
  );
  return exitCodes.done;
}

/** `pipeline checkpoints show <output> <checkpoint>`: all of one; without a name, of the current one. */
export async function checkpointsShowCommand(
  folder: string,
  name: string | undefined,
  options: CheckpointsOptions,
): Promise<number> {
  const { store } = await findLedger(folder, options.checkpoints);
  const details = await detailsOf(store, name);
  if (options.json === true) {
    terminal.printJson(details);
    return exitCodes.done;
  }
  const paint = paintFor(process.stdout);
  const { totals } = details;
  const line = (what: string, value: string) => `${paint("dim", what.padEnd(10))}  ${value}`;
  terminal.print(
    `${paint("bold", details.name)}  ${typeText(details)}${details.isCurrent ? `  ${paint("green", "current")}` : ""}`,
    line("written", details.at),
    line("run", details.runId),
    line("plan", details.planHash),
    line(
      "tasks",
      `${formatCount(details.finishedTasks)} finished (${stageTexts(details.finishedTasksByStage)}), input of ${formatCount(details.inputSplits)} splits`,
    ),
    line(
      "samples",
      `${formatCount(totals.read)} read, ${formatCount(totals.written)} written, ${formatCount(totals.dropped)} dropped, ${formatCount(totals.failed)} failed`,
    ),
    line("shards", `${formatCount(details.shards)}, ${formatBytes(details.shardBytes)}`),
  );
  if (details.receipts.length === 0) return exitCodes.done;
  terminal.print("", paint("bold", "tasks that it made count"));
  const rows = details.receipts.map((receipt): Cell[] => [
    { text: `stage ${receipt.stage} split ${receipt.split}` },
    { text: formatCount(receipt.attempt) },
    { text: formatCount(receipt.accounting.read) },
    { text: formatCount(receipt.accounting.written) },
    { text: receipt.shards.map((shard) => shard.storedAs).join(", ") },
  ]);
  const columns = [
    { title: "task" },
    { title: "attempt", align: "right" as const },
    { title: "read", align: "right" as const },
    { title: "written", align: "right" as const },
    { title: "shards", isFlexible: true },
  ];
  terminal.print(...tableLines(columns, rows, { width: process.stdout.columns ?? 100, paint, indent: 2 }));
  return exitCodes.done;
}

/** `pipeline checkpoints clean <output> --keep N`: folds all but the last N into a snapshot. */
export async function checkpointsCleanCommand(
  folder: string,
  options: CheckpointsOptions & { readonly keep: number },
): Promise<number> {
  const { store } = await findLedger(folder, options.checkpoints);
  const before = await countNames(store);
  const ledger = await Ledger.open(store);
  await ledger.retain(options.keep);
  const after = await countNames(store);
  if (options.json === true) terminal.printJson({ kept: options.keep, objectsBefore: before, objectsAfter: after });
  else
    terminal.print(
      `${store.location}: ${formatCount(before)} objects before, ${formatCount(after)} after; every finished task still counts`,
    );
  return exitCodes.done;
}

/** `pipeline checkpoints verify <output>`: reads every object of the ledger; exit code 1 when something is wrong. */
export async function checkpointsVerifyCommand(folder: string, options: CheckpointsOptions): Promise<number> {
  const { store, output } = await findLedger(folder, options.checkpoints);
  const storage = storageFor(output);
  const check = await checkLedger(store, async (file) => (await findListedFile(storage, output, file)) !== undefined);
  const paint = paintFor(process.stdout);
  if (options.json === true) terminal.printJson(check);
  else {
    for (const { object, message } of check.findings)
      terminal.print(`${paint("red", "damaged")}  ${object}: ${message}`);
    const verdict =
      check.findings.length === 0 ? paint("green", "sound") : paint("red", `${check.findings.length} findings`);
    terminal.print(
      `${verdict}  ${formatCount(check.entries)} checkpoints, ${formatCount(check.snapshots)} snapshots, ${formatCount(check.receipts)} receipts, ${formatCount(check.splits)} splits read`,
    );
  }
  return check.findings.length === 0 ? exitCodes.done : exitCodes.failed;
}

async function detailsOf(store: LedgerStore, name: string | undefined) {
  const ledger = await Ledger.open(store);
  const number = name === undefined ? ledger.state.number : checkpointNumber(name);
  if (name !== undefined) await ledger.findCheckpoint(name);
  try {
    return await checkpointDetails(store, number ?? 0);
  } catch (error) {
    if (!isGone(error)) throw error;
    throw new PipelineError(
      "CHECKPOINT_NOT_FOUND",
      `${name ?? "the current checkpoint"} was folded away while it was read`,
      { cause: error },
    );
  }
}

async function countNames(store: LedgerStore): Promise<number> {
  let count = 0;
  for await (const _ of store.names("")) count++;
  return count;
}

function typeText({ type, to }: CheckpointFacts): string {
  const texts = {
    start: "run begun",
    commit: "tasks finished",
    finish: "all finished",
    rollback: `back to ${to}`,
    redo: "to be done again",
    retry: "failed samples again",
    extend: "new input",
  };
  return texts[type];
}

function stageTexts(counts: readonly number[]): string {
  return counts.length === 0
    ? "none"
    : counts.map((count, stage) => `stage ${stage}: ${formatCount(count)}`).join(", ");
}
