import { z } from "zod";
import { type ByteRange, defineSource, type LeavesOut, type SourceItem, type Split } from "../contract/source.ts";
import { byteSize } from "../contract/units.ts";
import { PipelineError } from "../model/errors.ts";
import { mediaKinds, type Sample } from "../model/sample.ts";
import { assembleSample, type Member, maxTextBytesOption, tooLarge } from "./assemble-sample.ts";
import { invalidUtf8Option } from "./decode-text.ts";
import { listInput, locationOptions } from "./list-input.ts";
import { batchHeldBytes, sampleItem, unreadableItem } from "./read-items.ts";
import { restoreSample } from "./restore-sample.ts";
import { indexArchive, openArchive, type TarArchive } from "./tar-archive.ts";
import type { TarGroup } from "./tar-groups.ts";
import { readRandomGroups, readStreamedGroups } from "./tar-members.ts";
import { UniqueIds } from "./unique-ids.ts";

const options = z.strictObject({
  ...locationOptions,
  sidecarAttributes: z
    .boolean()
    .default(true)
    .describe("Objects in `.json` members become attributes of the sample, instead of a text part."),
  maxSampleBytes: byteSize
    .default(512 * 2 ** 20)
    .describe(
      "Largest sample that is read; also what samples whose members stand apart in a compressed archive may hold in memory together.",
    ),
  maxTextBytes: maxTextBytesOption,
  invalidUtf8: invalidUtf8Option,
});
type WebdatasetOptions = z.output<typeof options>;

const folderPatterns = ["**/*.{tar,tgz}{,.gz,.zst}"];
const samplesPerBatch = 32;

/**
 * WebDataset shards: tar archives, plain, gzip or zstd (told by content), one split a shard. Members with one path up to
 * the first dot of its last segment are one sample, wherever in the shard they stand. Samples that our own
 * sink wrote come back as they were; of other shards the id is `<shard>/<key>`.
 *
 * Where an archive is damaged or cut, the sample that was being read then fails with INPUT_CORRUPT and stands for
 * the rest; what was complete is kept.
 */
export const webdataset = defineSource<WebdatasetOptions, z.input<typeof options>>({
  name: "webdataset",
  summary: "WebDataset tar shards, plain, gzip or zstd.",
  options,
  produces: () => ({ attributes: [], isOpen: true, parts: ["text", ...mediaKinds, "embedding"] }),
  resolveLocations: (given, resolve) => ({ ...given, path: resolve(given.path) }),
  open: async (given) => ({
    splits: (signal, leavesOut) => cutShards(given, signal, leavesOut),
    read: (split, signal) => readShard(split, given, signal),
  }),
});

async function* cutShards(
  given: WebdatasetOptions,
  signal: AbortSignal,
  leavesOut: LeavesOut | undefined,
): AsyncGenerator<Split> {
  for await (const { relative, ...file } of listInput(given, folderPatterns, signal, leavesOut)) {
    yield { files: [file], locator: relative, bytes: file.bytes };
  }
}

async function* readShard(
  split: Split,
  given: WebdatasetOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly SourceItem[]> {
  const file = split.files[0];
  if (file === undefined) throw new PipelineError("PROTOCOL", "a split of a tar shard names no file");
  const archive = await openArchive(file, z.string().parse(split.locator), signal);
  const groups = await indexArchive(archive, signal);
  for (const group of groups) {
    const bytes = group.members.reduce((sum, { size }) => sum + size, 0);
    if (bytes <= given.maxSampleBytes) continue;
    group.error ??= tooLarge(whereOf(archive, group.key), bytes, given.maxSampleBytes, "maxSampleBytes");
  }
  const ids = new UniqueIds();
  const readGroups = archive.compression === "none" ? readRandomGroups : readStreamedGroups;
  const limits = { samples: samplesPerBatch, bytes: batchHeldBytes, heldBytes: given.maxSampleBytes };
  for await (const read of readGroups(archive, groups, limits, signal)) {
    const batch: SourceItem[] = [];
    for (const { group, members } of read) batch.push(await itemOfGroup(archive, group, members, given, ids));
    yield batch;
  }
}

async function itemOfGroup(
  { file, relative, compression }: TarArchive,
  group: TarGroup,
  members: readonly Member[],
  given: WebdatasetOptions,
  ids: UniqueIds,
): Promise<SourceItem> {
  const id = `${relative}/${group.key}`;
  const range = compression === "none" ? rangeOf(group) : undefined;
  if (group.error !== undefined) return unreadableItem(id, file.uri, group.error, range);
  try {
    const sample = await sampleOf(id, members, given);
    ids.claim(sample.id, `${JSON.stringify(group.key)} in ${JSON.stringify(file.uri)}`);
    return sampleItem(sample, file.uri, range);
  } catch (error) {
    if (error instanceof PipelineError && error.scope === "sample") return unreadableItem(id, file.uri, error, range);
    throw error;
  }
}

/** From the first byte of the group's first member to the last byte of its last one. */
function rangeOf({ members }: TarGroup): ByteRange | undefined {
  if (members.length === 0) return undefined;
  let [offset, end] = [Number.POSITIVE_INFINITY, 0];
  for (const member of members) {
    offset = Math.min(offset, member.offset);
    end = Math.max(end, member.offset + member.size);
  }
  return { offset, length: end - offset };
}

async function sampleOf(id: string, members: readonly Member[], given: WebdatasetOptions): Promise<Sample> {
  const restored = given.sidecarAttributes ? await restoreSample(members, given) : undefined;
  return restored ?? assembleSample(id, members, {}, { ...given, jsonAttributes: given.sidecarAttributes });
}

function whereOf({ file }: TarArchive, key: string): string {
  return `the sample ${JSON.stringify(key)} in ${JSON.stringify(file.uri)}`;
}
