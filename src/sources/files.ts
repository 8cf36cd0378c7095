import { z } from "zod";
import { defineSource, type InputFile, type LeavesOut, type SourceItem, type Split } from "../contract/source.ts";
import { byteSize } from "../contract/units.ts";
import { sniffedHeadBytes } from "../media/sniff-media-type.ts";
import { bytesContent, type Content, lazyContent } from "../model/content.ts";
import { type Attributes, mediaKinds, type Sample } from "../model/sample.ts";
import { storageFor } from "../storage/open-storage.ts";
import { mostBytesAtOnce, type ReadAtOnce } from "../storage/storage.ts";
import { relativeUri, withoutQuery } from "../storage/uri.ts";
import { assembleAtOnce, assembleSample, type Member, maxTextBytesOption, tooLarge } from "./assemble-sample.ts";
import { invalidUtf8Option } from "./decode-text.ts";
import {
  type Group,
  groupId,
  groupings,
  groupSorted,
  memberName,
  type NamedGroup,
  type Naming,
  samplesOfGroup,
} from "./group-members.ts";
import { type ListedFile, listInputPages, locationOptions } from "./list-input.ts";
import { itemOf, readFailure, sampleItem } from "./read-items.ts";
import { ReadsAhead } from "./reads-ahead.ts";
import { rampedSize } from "./split-ramp.ts";

const options = z.strictObject({
  ...locationOptions,
  grouping: z
    .enum(groupings)
    .default("auto")
    .describe(
      "Which files of a folder are one sample. `webdataset`: those with one name up to its first dot. `auto`: the same, but names that differ only before one and the same extension (`page.1.html`, `page.2.html`) are samples of their own. `none`: every file is one.",
    ),
  sidecarAttributes: z
    .boolean()
    .default(false)
    .describe("Members of `.json` files that hold an object become attributes of the sample, instead of a text part."),
  maxFileBytes: byteSize.default(4 * 2 ** 30).describe("Largest file that is read; a larger one fails its sample."),
  maxTextBytes: maxTextBytesOption,
  invalidUtf8: invalidUtf8Option,
  splitBytes: byteSize
    .default(2 ** 30)
    .describe("Encoded bytes after which a split, and with it a shard, ends. A group of files is never cut."),
  splitSamples: z
    .int()
    .min(1)
    .default(1000)
    .describe(
      "Samples after which a split, and with it a shard, ends. The first splits are smaller, so that small inputs keep several workers busy: 32 of 50, 32 of 100 and so on.",
    ),
});
type FilesOptions = z.output<typeof options>;

/** Files up to this size are read once, whole; of larger ones the head, and the rest when a step asks. */
const wholeFileBytes = 2 ** 20;
const firstSplitSamples = 50;
const namings = ["first-dot", "last-dot", "path"] as const satisfies readonly Naming[];
const locatorSchema = z.strictObject({
  root: z.string(),
  /** Of each sample in order: how many of the split's files it has, and how its id follows from their paths. */
  samples: z.array(z.tuple([z.int().min(1), z.enum(namings)])),
});
type FilesLocator = z.output<typeof locatorSchema>;

/**
 * Files of a folder. Those with one base name up to its first dot are one sample (see `grouping`), in path order,
 * named by that path. What a file is, its content says. Attributes: `path` of the group's first
 * file below the folder, `sourceBytes` of all its files.
 */
export const files = defineSource<FilesOptions, z.input<typeof options>>({
  name: "files",
  summary: "Files of a folder, told apart by content; files with one base name are one sample.",
  options,
  produces: ({ sidecarAttributes }) => ({
    attributes: ["path", "sourceBytes"],
    isOpen: sidecarAttributes,
    parts: ["text", ...mediaKinds],
  }),
  resolveLocations: (given, resolve) => ({ ...given, path: resolve(given.path) }),
  open: async (given) => ({
    splits: (signal, leavesOut = () => false) =>
      cutSplits(groupSorted(listInputPages(given, undefined, signal)), given, leavesOut),
    groups: (split) => groupsOf(split.files, locatorSchema.parse(split.locator)).map(({ members }) => members),
    read: (split, signal) => readSplit(split, given, signal),
  }),
});

async function* cutSplits(
  pages: AsyncIterable<readonly Group<ListedFile>[]>,
  given: FilesOptions,
  leavesOut: LeavesOut,
): AsyncGenerator<Split> {
  const cutter = new SplitCutter(given);
  for await (const groups of pages) {
    for (const group of groups) {
      for (const named of samplesOfGroup(group, given.grouping)) {
        const split = leavesOut(named.members) ? undefined : cutter.add(named);
        if (split !== undefined) yield split;
      }
    }
  }
  const last = cutter.end();
  if (last !== undefined) yield last;
}

/** Gathers samples, in order, into splits. */
class SplitCutter {
  readonly #given: FilesOptions;
  #files: InputFile[] = [];
  #samples: FilesLocator["samples"] = [];
  #root = "";
  #bytes = 0;
  #index = 0;

  constructor(given: FilesOptions) {
    this.#given = given;
  }

  /** Takes one sample; answers the split that ends before it, if one does. */
  add({ naming, members }: NamedGroup<ListedFile>): Split | undefined {
    const bytes = members.reduce((sum, member) => sum + member.bytes, 0);
    const isFull = this.#samples.length >= rampedSize(this.#index, firstSplitSamples, this.#given.splitSamples);
    const ended = isFull || this.#bytes + bytes > this.#given.splitBytes ? this.end() : undefined;
    for (const { uri, bytes: size, version, relative } of members) {
      const place = withoutQuery(uri);
      this.#root = place.slice(0, place.length - relative.length);
      this.#files.push({ uri, bytes: size, version });
    }
    this.#bytes += bytes;
    this.#samples.push([members.length, naming]);
    return ended;
  }

  /** The split of the samples since the last one. */
  end(): Split | undefined {
    if (this.#samples.length === 0) return undefined;
    const locator: FilesLocator = { root: this.#root, samples: this.#samples };
    const split: Split = { files: this.#files, locator, bytes: this.#bytes, samples: this.#samples.length };
    this.#files = [];
    this.#samples = [];
    this.#bytes = 0;
    this.#index++;
    return split;
  }
}

/** What the groups of a split are read with. */
interface SplitReading {
  readonly root: string;
  readonly given: FilesOptions;
  readonly signal: AbortSignal;
  readonly readAtOnce: ReadAtOnce | undefined;
}

async function* readSplit(
  split: Split,
  given: FilesOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceItem[]> {
  const locator = locatorSchema.parse(split.locator);
  const { root } = locator;
  const reading = { root, given, signal, readAtOnce: await storageFor(root).readAtOnce?.(root) };
  const reads = new ReadsAhead();
  for (const group of groupsOf(split.files, locator)) {
    signal.throwIfAborted();
    reads.add(beginReading(group, reading), heldBytes(group));
    if (reads.isFull) yield await reads.take();
  }
  while (!reads.isEmpty) yield await reads.take();
}

function heldBytes({ members }: Group<InputFile>): number {
  let held = 0;
  for (const { bytes } of members) held += bytes > wholeFileBytes ? sniffedHeadBytes : bytes;
  return held;
}

/** The split lists the files of a sample side by side. */
function groupsOf(inputFiles: readonly InputFile[], { root, samples }: FilesLocator): readonly Group<InputFile>[] {
  let next = 0;
  return samples.map(([count, naming]) => {
    const members = inputFiles.slice(next, next + count);
    next += count;
    return { key: groupId(relativeUri(root, members[0]?.uri ?? root), naming), members };
  });
}

/** A promise where something must be waited for. */
function beginReading(group: Group<InputFile>, reading: SplitReading): SourceItem | Promise<SourceItem> {
  const uri = uriOf(group, reading);
  const sample = sampleAtOnce(group, reading);
  return sample === undefined ? itemOf(group.key, uri, sampleLater(group, reading)) : sampleItem(sample, uri);
}

function uriOf({ members }: Group<InputFile>, { root }: SplitReading): string {
  return members[0]?.uri ?? root;
}

/** Undefined where something must be waited for, and where anything is wrong: `sampleLater` then says what. */
function sampleAtOnce({ key, members: group }: Group<InputFile>, reading: SplitReading): Sample | undefined {
  const { root, given, readAtOnce } = reading;
  if (readAtOnce === undefined || group.some(({ bytes }) => bytes > mostBytesAtOnce || bytes > given.maxFileBytes)) {
    return undefined;
  }
  const members: Member[] = [];
  for (const file of group) {
    const { uri, bytes: byteLength, version } = file;
    const head = readAtOnce(uri, version, byteLength);
    if (head === undefined) return undefined;
    members.push(memberOf(file, root, head, bytesContent(head, { uri })));
  }
  try {
    return assembleAtOnce(key, members, attributesOf(key, group, root), assemblyOptions(given));
  } catch {
    // `sampleLater` fails in the same way, and its error is what counts: one that is the same however files were read.
    return undefined;
  }
}

async function sampleLater({ key, members: group }: Group<InputFile>, reading: SplitReading): Promise<Sample> {
  const { root, given } = reading;
  const members: Member[] = [];
  for (const file of group) members.push(await readMember(file, reading));
  return assembleSample(key, members, attributesOf(key, group, root), assemblyOptions(given));
}

function attributesOf(key: string, group: readonly InputFile[], root: string): Attributes {
  const first = group[0];
  let sourceBytes = 0;
  for (const { bytes } of group) sourceBytes += bytes;
  return { path: first === undefined ? key : relativeUri(root, first.uri), sourceBytes };
}

function assemblyOptions(given: FilesOptions) {
  return { ...given, jsonAttributes: given.sidecarAttributes };
}

async function readMember(file: InputFile, { root, given, signal }: SplitReading): Promise<Member> {
  const { uri, bytes: byteLength, version } = file;
  if (byteLength > given.maxFileBytes) {
    throw tooLarge(JSON.stringify(uri), byteLength, given.maxFileBytes, "maxFileBytes");
  }
  const storage = storageFor(uri);
  const read = async (length: number): Promise<Uint8Array> => {
    try {
      return await storage.read(uri, { version, signal, range: { offset: 0, length } });
    } catch (error) {
      signal.throwIfAborted();
      throw readFailure(error, uri);
    }
  };
  const isRead = byteLength <= wholeFileBytes;
  const head = await read(isRead ? byteLength : sniffedHeadBytes);
  const reference = { uri };
  const content = isRead
    ? bytesContent(head, reference)
    : lazyContent(() => read(byteLength), { byteLength, reference });
  return memberOf(file, root, head, content);
}

function memberOf({ uri, bytes }: InputFile, root: string, head: Uint8Array, content: Content): Member {
  const { extension } = memberName(relativeUri(root, uri));
  return { where: JSON.stringify(uri), extension, byteLength: bytes, head, content };
}
