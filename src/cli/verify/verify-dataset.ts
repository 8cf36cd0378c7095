import { createHash } from "node:crypto";
import { totalsOf } from "../../contract/accounting.ts";
import type { InputFile } from "../../contract/source.ts";
import {
  isPublished,
  type Manifest,
  type ManifestFile,
  manifestBytes,
  manifestName,
  successName,
} from "../../ledger/manifest.ts";
import { readManifest } from "../../ledger/read-manifest.ts";
import { PipelineError } from "../../model/errors.ts";
import { storageFor } from "../../storage/open-storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { joinUri, relativeUri } from "../../storage/uri.ts";
import type { RecordedRun } from "../open-run.ts";
import { countJsonLines, countQuarantined, countShardSamples } from "./count-samples.ts";

/** Something that is not as the manifest says. */
export interface Damage {
  readonly kind: "missing" | "size" | "sha256" | "unreadable" | "samples" | "extra" | "manifest" | "accounts";
  /** Name in the dataset. */
  readonly file: string;
  readonly message: string;
}

export interface Verification {
  readonly files: number;
  readonly bytes: number;
  readonly samples: number;
  readonly damages: readonly Damage[];
}

interface Verifier {
  readonly storage: Storage;
  readonly output: string;
  /** Name of the plan's sink. */
  readonly sink: string;
  readonly damages: Damage[];
}

/**
 * Holds a dataset to its manifest, and that to what the run's checkpoints list: every file there, of that size and sha256, readable from end to end with as many
 * whole samples as listed, nothing beside them, and totals that add up. Finds everything, not only the first.
 * `onFile` is told of each file before it is read.
 */
export async function verifyDataset(
  { output, start, manifest: recorded }: Pick<RecordedRun, "output" | "start" | "manifest">,
  onFile: (name: string, index: number, count: number) => void,
): Promise<Verification> {
  const sink = start.plan.sink.name;
  const verifier: Verifier = { storage: storageFor(output), output, sink, damages: [] };
  const manifest = await publishedManifest(verifier, await recorded());
  if (manifest === undefined) return { files: 0, bytes: 0, samples: 0, damages: verifier.damages };
  const kinds = [
    { files: manifest.shards, count: (file: InputFile) => countShardSamples(sink, file) },
    { files: manifest.quarantine, count: countQuarantined },
    // The first line of a log is its header.
    { files: manifest.outcomes, count: async (file: InputFile) => (await countJsonLines(file)) - 1 },
    { files: manifest.spools, count: async () => undefined },
  ];
  const all = kinds.flatMap(({ files, count }) => files.map((file) => ({ file, count })));
  for (const [index, { file, count }] of all.entries()) {
    onFile(file.name, index, all.length);
    await verifyFile(verifier, file, count);
  }
  await findExtras(verifier, new Set(all.map(({ file }) => file.name)));
  checkAccounts(verifier, manifest);
  return {
    files: all.length,
    bytes: all.reduce((sum, { file }) => sum + file.bytes, 0),
    samples: manifest.totals.written,
    damages: verifier.damages,
  };
}

async function publishedManifest(
  { storage, output, damages }: Verifier,
  recorded: Manifest,
): Promise<Manifest | undefined> {
  if (!(await isPublished(storage, output)))
    damages.push({ kind: "missing", file: successName, message: "the run is not finished, or this file is lost" });
  try {
    const manifest = await readManifest(storage, output);
    if (manifestBytes(recorded).equals(await storage.read(joinUri(output, manifestName)))) return manifest;
    const message = "it is not what the checkpoints of the run add up to";
    damages.push({ kind: "manifest", file: manifestName, message });
    return recorded;
  } catch (error) {
    if (!(error instanceof PipelineError) || error.code !== "DATASET_DAMAGED") throw error;
    damages.push({ kind: "manifest", file: manifestName, message: error.message });
    return undefined;
  }
}

async function verifyFile(
  { storage, output, damages }: Verifier,
  file: ManifestFile,
  count: (file: InputFile) => Promise<number | undefined>,
): Promise<void> {
  const add = (kind: Damage["kind"], message: string) => damages.push({ kind, file: file.name, message });
  const found = await storage.stat(joinUri(output, file.name));
  if (found === undefined) return void add("missing", "it is not there");
  if (found.bytes !== file.bytes) return void add("size", `it has ${found.bytes} bytes: expected ${file.bytes}`);
  const hash = createHash("sha256");
  for await (const chunk of storage.stream(found.uri)) hash.update(chunk);
  const sha256 = hash.digest("hex");
  if (sha256 !== file.sha256) return void add("sha256", `its sha256 is ${sha256}: expected ${file.sha256}`);
  try {
    const samples = await count(found);
    if (samples !== undefined && samples !== file.samples)
      add("samples", `it holds ${samples} samples: expected ${file.samples}`);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    add("unreadable", error.message);
  }
}

async function findExtras({ storage, output, damages }: Verifier, known: ReadonlySet<string>): Promise<void> {
  for await (const { uri } of storage.list(output)) {
    const name = relativeUri(output, uri);
    if (known.has(name) || name === manifestName || name === successName) continue;
    damages.push({ kind: "extra", file: name, message: "the manifest does not list it" });
  }
}

function checkAccounts({ damages, sink }: Verifier, { totals, accounting, shards, quarantine }: Manifest): void {
  const add = (message: string) => damages.push({ kind: "accounts", file: manifestName, message });
  const samplesIn = (files: readonly ManifestFile[]) => files.reduce((sum, file) => sum + file.samples, 0);
  if (JSON.stringify(totals) !== JSON.stringify(totalsOf(accounting)))
    add("its totals are not those of its accounting");
  const origin = totals.read + totals.children;
  const end = totals.written + totals.dropped + totals.failed + totals.split;
  if (origin !== end) add(`${origin} samples read or made by splitting, but ${end} written, dropped, failed or split`);
  // The null sink writes no shard.
  if (sink !== "null" && samplesIn(shards) !== totals.written)
    add(`its shards hold ${samplesIn(shards)} samples: expected ${totals.written}`);
  if (samplesIn(quarantine) !== totals.failed)
    add(`its quarantine holds ${samplesIn(quarantine)} samples: expected ${totals.failed}`);
}
