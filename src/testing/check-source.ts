import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { OpenedSource, Production, SourceItem, SourceSpec, Split } from "../contract/source.ts";
import { PipelineError } from "../model/errors.ts";
import type { Part, Sample } from "../model/sample.ts";
import { checkLeftOut } from "./check-left-out.ts";

interface SourceCheck {
  /** Changes the content of one file of the input; the check then expects INPUT_CHANGED. Called last. */
  readonly changeFile?: (uri: string) => Promise<void>;
}

/** What the check saw, so that a test can assert that its input exercised the source. */
export interface SourceCheckResult {
  readonly splits: number;
  readonly samples: number;
  readonly unreadable: number;
}

/**
 * Holds a source to its contract over a real input. Throws an Error that names the broken rule:
 * strict and serialisable options, pure data splits that are the same at every listing, groups of files that can be
 * left out of it, ids unique over the input,
 * equal samples whenever and in whatever order splits are read, only what `produces` announces,
 * an end to listing and reading when the signal aborts, INPUT_CHANGED for a file that changed.
 */
export async function checkSource<Options, Input>(
  spec: SourceSpec<Options, Input>,
  input: Input,
  check: SourceCheck = {},
): Promise<SourceCheckResult> {
  const options = checkOptions(spec, input);
  const source = await spec.open(options);
  const other = await spec.open(options);
  const splits = await collect(source.splits(new AbortController().signal));
  rule(splits.length > 0, "splits", "lists at least one split, or rejects with INPUT_EMPTY");
  checkSplits(splits, await collect(other.splits(new AbortController().signal)));
  const seen = new Set<string>();
  const digests: string[] = [];
  let unreadable = 0;
  for (const [index, split] of splits.entries()) {
    const items = await readAll(source, split);
    if (split.samples !== undefined) {
      rule(
        items.length === split.samples,
        "samples",
        `split ${index} says ${split.samples}, read gives ${items.length}`,
      );
    }
    for (const item of items) {
      if (item.kind === "unreadable") unreadable++;
      checkItem(item, seen, spec.produces(options));
    }
    digests.push(await digestOf(items));
  }
  for (let index = splits.length - 1; index >= 0; index--) {
    const split = splits[index];
    if (split === undefined) continue;
    const again = await digestOf(await readAll(other, parsed(split)));
    rule(again === digests[index], "repeatable", `split ${index}, read again and in another order, gives other items`);
  }
  await checkLeftOut(other, splits);
  await checkAbort(source, splits);
  if (check.changeFile !== undefined) await checkChange(source, splits, check.changeFile);
  await source.close?.();
  await other.close?.();
  return { splits: splits.length, samples: seen.size - unreadable, unreadable };
}

function rule(holds: boolean, name: string, detail: string): asserts holds {
  if (!holds) throw new Error(`checkSource: rule "${name}" is broken: ${detail}`);
}

function checkOptions<Options, Input>(spec: SourceSpec<Options, Input>, input: Input): Options {
  rule(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(spec.name), "name", `${spec.name} is not kebab-case`);
  rule(spec.summary.trim() !== "", "summary", "is empty");
  const options = spec.options.parse(input);
  const unknown: unknown = { ...input, anOptionNobodyHas: 1 };
  rule(!spec.options.safeParse(unknown).success, "strict options", "an unknown option is accepted");
  const again = spec.options.safeParse(parsed(options));
  rule(
    again.success && JSON.stringify(again.data) === JSON.stringify(options),
    "serialisable options",
    "parsing the parsed options from JSON gives something else",
  );
  const { attributes, parts } = spec.produces(options);
  rule(new Set(attributes).size === attributes.length, "produces", "lists an attribute twice");
  rule(new Set(parts).size === parts.length, "produces", "lists a part kind twice");
  const absolute = spec.resolveLocations(options, (location) => location);
  rule(JSON.stringify(absolute) === JSON.stringify(options), "resolveLocations", "changes more than locations");
  return options;
}

function checkSplits(splits: readonly Split[], again: readonly Split[]): void {
  rule(JSON.stringify(splits) === JSON.stringify(again), "deterministic splits", "a second listing differs");
  for (const [index, split] of splits.entries()) {
    rule(JSON.stringify(parsed(split)) === JSON.stringify(split), "splits are data", `split ${index} is not JSON`);
    rule(split.files.length > 0, "splits name their files", `split ${index} names none`);
    rule(Number.isSafeInteger(split.bytes) && split.bytes >= 0, "split bytes", `split ${index} has ${split.bytes}`);
  }
}

function checkItem(item: SourceItem, seen: Set<string>, production: Production): void {
  const id = item.kind === "sample" ? item.sample.id : item.unreadable.id;
  rule(id !== "", "ids", "an id is empty");
  rule(!seen.has(id), "unique ids", `${JSON.stringify(id)} occurs twice`);
  seen.add(id);
  if (item.kind === "unreadable") {
    rule(item.unreadable.error instanceof PipelineError, "unreadable", `${id} carries no PipelineError`);
    rule(item.unreadable.uri !== "", "unreadable", `${id} does not say where it lies`);
    return;
  }
  checkSample(item.sample, production);
}

function checkSample({ id, parts, attributes }: Sample, production: Production): void {
  rule(new Set(parts.map(({ name }) => name)).size === parts.length, "part names", `${id} has two parts of one name`);
  for (const { kind } of parts) {
    rule(production.parts.includes(kind), "produces", `${id} has a part of kind ${kind}, which is not announced`);
  }
  for (const name of production.attributes) {
    rule(Object.hasOwn(attributes, name), "produces", `${id} lacks the announced attribute ${name}`);
  }
  if (!production.isOpen) {
    for (const name of Object.keys(attributes)) {
      rule(production.attributes.includes(name), "produces", `${id} has the attribute ${name}, which is not announced`);
    }
  }
  rule(isDeepStrictEqual(parsed(attributes), attributes), "attributes are JSON", `those of ${id} do not survive JSON`);
}

async function checkAbort(source: OpenedSource, splits: readonly Split[]): Promise<void> {
  const aborted = AbortSignal.abort();
  rule(await rejects(source.splits(aborted)), "abort", "splits goes on after the signal has aborted");
  for (const split of splits) {
    rule(await rejects(source.read(split, aborted)), "abort", "read goes on after the signal has aborted");
  }
}

async function checkChange(
  source: OpenedSource,
  splits: readonly Split[],
  changeFile: (uri: string) => Promise<void>,
): Promise<void> {
  const file = splits[0]?.files[0];
  if (file === undefined) return;
  await changeFile(file.uri);
  for (const split of splits) {
    if (!split.files.some(({ uri }) => uri === file.uri)) continue;
    const failure = await failureOf(readAll(source, split));
    const code = failure instanceof PipelineError ? failure.code : String(failure);
    rule(code === "INPUT_CHANGED", "changed input", `expected INPUT_CHANGED for ${file.uri}, received ${code}`);
  }
}

async function readAll(source: OpenedSource, split: Split): Promise<readonly SourceItem[]> {
  return (await collect(source.read(split, new AbortController().signal))).flat();
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function rejects(items: AsyncIterable<unknown>): Promise<boolean> {
  return (await failureOf(collect(items))) !== undefined;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error ?? new Error("rejected without an error");
  }
}

async function digestOf(items: readonly SourceItem[]): Promise<string> {
  const hash = createHash("sha256");
  for (const item of items) {
    if (item.kind === "unreadable") {
      hash.update(JSON.stringify([item.unreadable.id, item.unreadable.uri, item.unreadable.error.code]));
      continue;
    }
    hash.update(JSON.stringify([item.sample.id, item.uri, item.sample.attributes]));
    for (const part of item.sample.parts) await digestPart(part, (bytes) => hash.update(bytes));
  }
  return hash.digest("hex");
}

async function digestPart(part: Part, update: (bytes: string | Uint8Array) => void): Promise<void> {
  update(JSON.stringify([part.kind, part.name]));
  if (part.kind === "embedding") {
    update(JSON.stringify([...part.values]));
    return;
  }
  update(JSON.stringify(part.mediaType));
  update(part.kind === "text" ? part.text : await part.content.bytes());
}

/** The value as it arrives in another process. */
function parsed<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}
