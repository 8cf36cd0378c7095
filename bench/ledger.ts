// How a ledger grows: commits so many finished splits, then opens what is left of it in a process of its own.
//   node bench/ledger.ts [splits] [splits a commit]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Ledger } from "../src/ledger/ledger.ts";
import { storedLedger } from "../src/ledger/ledger-store.ts";
import { localStorage } from "../src/storage/local-storage.ts";
import { beginning, receiptOf } from "../test/fixtures/ledger/records.ts";

const keep = 5;

async function make(folder: string, splits: number, perCommit: number): Promise<number> {
  const ledger = await Ledger.open(storedLedger(localStorage, folder));
  const start = beginning("run", splits);
  const chunks = Array.from({ length: Math.ceil(splits / 1000) }, (_, chunk) => ({
    name: `inputs/run-${String(chunk).padStart(6, "0")}.jsonl`,
    splits: Math.min(1000, splits - chunk * 1000),
    sha256: "0".repeat(64),
  }));
  await ledger.begin({ ...start, input: { ...start.input, chunks } });
  const started = performance.now();
  for (let first = 0; first < splits; first += perCommit) {
    const count = Math.min(perCommit, splits - first);
    await ledger.commit(Array.from({ length: count }, (_, index) => receiptOf(first + index, "a")));
    if (ledger.isRetentionDue(keep)) await ledger.retain(keep);
  }
  return (performance.now() - started) / 1000;
}

async function open(folder: string): Promise<void> {
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const ledger = await Ledger.open(storedLedger(localStorage, folder));
  const seconds = (performance.now() - started) / 1000;
  const rss = process.memoryUsage().rss;
  const MiB = 2 ** 20;
  process.stdout.write(
    `open: ${ledger.state.finishedTasks} finished splits in ${seconds.toFixed(3)} s, resident ${Math.round(rss / MiB)} MiB (${Math.round((rss - before) / MiB)} MiB of it for the ledger)\n`,
  );
  const again = performance.now();
  let receipts = 0;
  for await (const _ of ledger.receipts()) receipts++;
  process.stdout.write(`all ${receipts} receipts read in ${((performance.now() - again) / 1000).toFixed(1)} s\n`);
}

const [first, second] = process.argv.slice(2);
if (first === "--open" && second !== undefined) await open(second);
else {
  const splits = Number(first ?? 1_000_000);
  const folder = mkdtempSync(path.join(tmpdir(), "ledger-bench-"));
  try {
    const perCommit = Number(second ?? 200);
    const seconds = await make(folder, splits, perCommit);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0);
    const commits = Math.ceil(splits / perCommit);
    process.stdout.write(
      `${splits} splits in ${commits} commits: ${seconds.toFixed(1)} s, ${((seconds / commits) * 1000).toFixed(1)} ms a commit with folding; ${files.length} objects, ${(bytes / 1e6).toFixed(1)} MB\n`,
    );
    process.stdout.write(execFileSync(process.execPath, [fileURLToPath(import.meta.url), "--open", folder]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
