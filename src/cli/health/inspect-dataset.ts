import type { Receipt } from "../../contract/receipt.ts";
import type { Shard } from "../../contract/sink.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LedgerStore } from "../../ledger/ledger-store.ts";
import { isPublished, manifestName, successName } from "../../ledger/manifest.ts";
import { readManifest } from "../../ledger/read-manifest.ts";
import type { HealthEntry, HealthStatus } from "../../server/health-report.ts";
import { storageFor } from "../../storage/open-storage.ts";
import { relativeUri } from "../../storage/uri.ts";

type Observed = Pick<HealthEntry, "observedValue" | "observedUnit" | "output"> & { readonly status: HealthStatus };

/**
 * Holds the names and sizes in an output folder to what its manifest lists, or, as long as there is none, to what the
 * receipts list. One listing, whatever the number of files; no content is read. Rejects as storage does.
 */
export async function inspectDataset(
  output: string,
  store: LedgerStore,
  ledger: Ledger,
): Promise<{ readonly [key: string]: Observed }> {
  const storage = storageFor(output);
  const published = await isPublished(storage, output);
  // Publishing gives files their final names one by one: what is where cannot be told while it does.
  if (!published && ledger.state.isFinished) return { "manifest:complete": publishingEntry };
  const expected = published ? await manifestFiles(output) : await receiptFiles(ledger);
  const missing = new Map(expected);
  const wrong: string[] = [];
  let orphans = 0;
  let orphan = "";
  for await (const object of storage.list(output)) {
    const name = relativeUri(output, object.uri);
    if (name === manifestName || name === successName || object.uri.startsWith(`${store.location}/`)) continue;
    const bytes = expected.get(name);
    missing.delete(name);
    if (bytes === undefined) {
      orphans++;
      orphan ||= name;
    } else if (bytes !== object.bytes) wrong.push(`${name} has ${object.bytes} bytes, expected ${bytes}`);
  }
  const lost = [...missing.keys()].map((name) => `${name} is not there`);
  return {
    "manifest:complete": manifestEntry(published, [...wrong, ...lost]),
    "dataset:orphans": orphanEntry(published, orphans, orphan),
  };
}

const publishingEntry: Observed = {
  observedValue: "finished, not published",
  status: "warn",
  output: "everything is done, and being published or interrupted at that: the same command goes on",
};

function manifestEntry(published: boolean, damages: readonly string[]): Observed {
  const observedValue = published ? "published" : "not finished";
  if (damages.length > 0) {
    const output = `DATASET_DAMAGED: ${damages[0]}${damages.length > 1 ? `, and ${damages.length - 1} more` : ""}; \`pipeline verify --repair\` runs it again`;
    return { observedValue, status: "fail", output };
  }
  if (published) return { observedValue, status: "pass" };
  return { observedValue, status: "warn", output: "there is no manifest yet: the run is not finished" };
}

function orphanEntry(published: boolean, orphans: number, example: string): Observed {
  const base = { observedValue: orphans, observedUnit: "files" };
  // While a run is going on, the shards of its running tasks are on no list.
  if (orphans === 0 || !published) return { ...base, status: "pass" };
  return { ...base, status: "warn", output: `the manifest does not list ${orphans} files, such as ${example}` };
}

async function manifestFiles(output: string): Promise<Map<string, number>> {
  const { shards, quarantine, outcomes, spools } = await readManifest(storageFor(output), output);
  return new Map([...shards, ...quarantine, ...outcomes, ...spools].map((file) => [file.name, file.bytes]));
}

/** Under the names that attempts gave them: final ones come with the manifest. */
async function receiptFiles(ledger: Ledger): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  const add = (file: Shard | undefined) => file !== undefined && files.set(file.storedAs, file.bytes);
  for await (const receipt of ledger.receipts()) for (const file of filesOf(receipt)) add(file);
  return files;
}

function filesOf({ shards, quarantine, outcomes }: Receipt): readonly (Shard | undefined)[] {
  return [...shards, quarantine, outcomes];
}
