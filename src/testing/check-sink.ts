import { createHash, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EncodedSample, OpenedSink, Shard, SinkSpec } from "../contract/sink.ts";
import { hostileSamples, plainSamples } from "./sink-samples.ts";

export interface SinkCheckOptions<Input> {
  /** Options as a pipeline file gives them; parsed by the sink's schema. */
  readonly options: Input;
  /** True for a sink that writes nothing by design; its commits must then list no shard. */
  readonly writesNothing?: boolean;
}

/**
 * Holds a sink to the contract of `SinkSpec`, with samples of its own, in a temporary folder that
 * it removes. Rejects with an Error that names the broken rule. Needs no test framework.
 */
export async function checkSink<Options, Input>(
  spec: SinkSpec<Options, Input>,
  { options, writesNothing = false }: SinkCheckOptions<Input>,
): Promise<void> {
  const parsed = spec.options.parse(options);
  rule(spec.needsBytes(parsed) === spec.needsBytes(parsed), "needsBytes is pure");
  const root = await mkdtemp(path.join(tmpdir(), "check-sink-"));
  const sink = await spec.open(parsed);
  try {
    const check: Check = { sink, writesNothing, newFolder: () => newFolder(root) };
    const samples = plainSamples(200, spec.needsBytes(parsed));
    await checkCommit(check, samples);
    await checkRepeatable(check, samples);
    await checkEmpty(check);
    await checkAbort(check, samples);
    await checkSecondAttempt(check, samples);
    await checkCommit(check, hostileSamples(spec.needsBytes(parsed)));
  } finally {
    await sink.close?.();
    await rm(root, { recursive: true, force: true });
  }
}

interface Check {
  readonly sink: OpenedSink;
  readonly writesNothing: boolean;
  newFolder(): Promise<string>;
}

/** Every shard is on disk as the commit describes it, and together they hold every sample once. */
async function checkCommit(check: Check, samples: readonly EncodedSample[]): Promise<void> {
  const folder = await check.newFolder();
  const shards = await write(check.sink, folder, samples, { batchSize: 7 });
  if (check.writesNothing) {
    rule(shards.length === 0, "a sink that writes nothing commits no shard");
    await expectFiles(folder, [], "a sink that writes nothing leaves no file");
    return;
  }
  rule(shards.length > 0, "samples that were written give at least one shard");
  rule(
    sum(shards) === samples.length,
    `shards count every sample once: expected ${samples.length}, got ${sum(shards)}`,
  );
  const names = shards.map(({ name }) => name);
  rule(new Set(names).size === names.length, "shard names are unique");
  rule(isSorted(names), `shards are listed in the order of their names: ${names.join(", ")}`);
  for (const shard of shards) {
    rule(shard.samples > 0, `no shard is empty: ${shard.name}`);
    rule(shard.storedAs === shard.name, `a first attempt writes the final name: ${shard.storedAs} for ${shard.name}`);
    rule(isPlainName(shard.name), `a shard's name stays in the folder: ${JSON.stringify(shard.name)}`);
    const bytes = await readFile(path.join(folder, shard.storedAs));
    rule(bytes.byteLength === shard.bytes, `bytes are true: ${shard.name} has ${bytes.byteLength}, not ${shard.bytes}`);
    rule(sha256(bytes) === shard.sha256, `sha256 is true: ${shard.name}`);
  }
  await expectFiles(folder, names, "nothing but the shards is left");
}

/** Neither the folder, the attempt, a second try nor the borders of batches change a byte. */
async function checkRepeatable({ sink, newFolder }: Check, samples: readonly EncodedSample[]): Promise<void> {
  const first = await write(sink, await newFolder(), samples, { batchSize: 7 });
  const second = await write(sink, await newFolder(), samples, { batchSize: 64 });
  rule(
    describe(first) === describe(second),
    `the same samples give the same shards: ${describe(first)} | ${describe(second)}`,
  );
}

async function checkEmpty({ sink, newFolder }: Check): Promise<void> {
  const folder = await newFolder();
  rule((await write(sink, folder, [], { batchSize: 1 })).length === 0, "no sample gives no shard");
  await expectFiles(folder, [], "no sample leaves no file");
}

/** Nothing appears before the commit, and nothing is left when there is none. */
async function checkAbort({ sink, newFolder }: Check, samples: readonly EncodedSample[]): Promise<void> {
  const folder = await newFolder();
  const writer = await sink.openWriter({ uri: folder, split: 0, attempt: randomUUID() });
  await writer.write(samples);
  await expectFiles(folder, [], "nothing but hidden temporary files is there before the commit", isVisible);
  await writer.abort();
  await expectFiles(folder, [], "abort leaves nothing");
  await writer.abort();
  const committed = await sink.openWriter({ uri: folder, split: 0, attempt: randomUUID() });
  await committed.write(samples);
  const shards = await committed.commit();
  await committed.abort();
  await expectFiles(
    folder,
    shards.map(({ storedAs }) => storedAs),
    "abort after commit removes nothing",
  );
}

/** A second attempt overwrites nothing and has the same content under names of its own. */
async function checkSecondAttempt(check: Check, samples: readonly EncodedSample[]): Promise<void> {
  if (check.writesNothing) return;
  const folder = await check.newFolder();
  const first = await write(check.sink, folder, samples, { batchSize: 9 });
  const second = await write(check.sink, folder, samples, { batchSize: 9 });
  rule(describe(first) === describe(second), "a second attempt gives the same names, bytes and hashes");
  for (const shard of second) {
    rule(shard.storedAs !== shard.name, `a name that is taken is left alone: ${shard.name}`);
    rule(isPlainName(shard.storedAs), `an attempt's name stays in the folder: ${JSON.stringify(shard.storedAs)}`);
    rule(
      sha256(await readFile(path.join(folder, shard.storedAs))) === shard.sha256,
      `sha256 is true: ${shard.storedAs}`,
    );
  }
  for (const shard of first) {
    rule(
      sha256(await readFile(path.join(folder, shard.name))) === shard.sha256,
      `a first attempt's shard stays: ${shard.name}`,
    );
  }
  const names = [...first, ...second].map(({ storedAs }) => storedAs);
  await expectFiles(folder, names, "two attempts leave their shards and nothing else");
}

async function write(
  sink: OpenedSink,
  folder: string,
  samples: readonly EncodedSample[],
  { batchSize }: { readonly batchSize: number },
): Promise<readonly Shard[]> {
  const writer = await sink.openWriter({ uri: folder, split: 3, attempt: randomUUID() });
  for (let at = 0; at < samples.length; at += batchSize) await writer.write(samples.slice(at, at + batchSize));
  return writer.commit();
}

async function newFolder(root: string): Promise<string> {
  const folder = path.join(root, randomUUID());
  await mkdir(folder);
  return folder;
}

async function expectFiles(
  folder: string,
  expected: readonly string[],
  ruleText: string,
  counts: (name: string) => boolean = () => true,
): Promise<void> {
  const found = (await readdir(folder)).filter(counts).sort();
  const wanted = [...expected].sort();
  rule(
    found.join("/") === wanted.join("/"),
    `${ruleText}: expected [${wanted.join(", ")}], found [${found.join(", ")}]`,
  );
}

function rule(holds: boolean, text: string): void {
  if (!holds) throw new Error(`the sink breaks a rule: ${text}`);
}

function describe(shards: readonly Shard[]): string {
  return JSON.stringify(shards.map(({ name, bytes, sha256, samples }) => [name, bytes, sha256, samples]));
}

function sum(shards: readonly Shard[]): number {
  return shards.reduce((total, { samples }) => total + samples, 0);
}

function isSorted(names: readonly string[]): boolean {
  return names.every((name, i) => i === 0 || (names[i - 1] ?? "") < name);
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name);
}

function isVisible(name: string): boolean {
  return !name.startsWith(".");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
