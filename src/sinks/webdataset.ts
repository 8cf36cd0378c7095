import { z } from "zod";
import { defineSink, type EncodedPart, type EncodedSample } from "../contract/sink.ts";
import { mediaBytes } from "./media-bytes.ts";
import { memberSuffixes } from "./member-suffixes.ts";
import { npyBytes } from "./npy.ts";
import { openRollingWriter, type ShardFormat, shardLimitOptions } from "./rolling-writer.ts";
import { endOfArchive, memberBytes, memberHeader, padding } from "./ustar.ts";

const options = z.strictObject(shardLimitOptions({ samplesPerShard: 10_000, shardBytes: "256MiB" }));

/**
 * WebDataset shards: tar archives (ustar) in which the members of a sample stand together, sorted by
 * name, under the sample's key. `<key>.json` holds `id`, `attributes` and `parts`, a list of
 * `{ name, kind, mediaType, member }` in the sample's order, where `member` is what stands behind
 * `<key>.`: with it the sample reads back as it was. Equal samples give equal bytes.
 */
export const webdataset = defineSink({
  name: "webdataset",
  summary: "Writes WebDataset tar shards: sorted, complete groups with keys that every reader takes.",
  options,
  needsBytes: () => true,
  open: async (limits) => ({
    openWriter: async (destination) => openRollingWriter(tarFormat, limits, destination),
  }),
});

interface TarRow {
  readonly bytes: number;
  /** Headers, bodies and padding of the sample's members, in order. */
  readonly blocks: readonly Uint8Array[];
}

interface Member {
  readonly suffix: string;
  readonly body: Uint8Array;
}

const tarFormat: ShardFormat<TarRow> = {
  extension: "tar",
  prepare: tarRow,
  begin: (file) => ({
    get bytes() {
      return file.bytes + endOfArchive.byteLength;
    },
    add: ({ blocks }) => file.write(blocks),
    finish: () => file.write([endOfArchive]),
  }),
};

function tarRow(sample: EncodedSample): TarRow {
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for (const { suffix, body } of membersOf(sample)) {
    blocks.push(memberHeader(`${sample.key}.${suffix}`, body.byteLength), body, padding(body.byteLength));
    bytes += memberBytes(body.byteLength);
  }
  return { bytes, blocks };
}

function membersOf(sample: EncodedSample): readonly Member[] {
  const suffixes = memberSuffixes(sample.parts);
  const members: Member[] = sample.parts.map((part, i) => ({
    suffix: suffixes[i] ?? part.name,
    body: bodyOf(part, sample.id),
  }));
  members.push({ suffix: "json", body: Buffer.from(metadataOf(sample, suffixes)) });
  return members.sort((a, b) => (a.suffix < b.suffix ? -1 : 1));
}

function bodyOf(part: EncodedPart, sampleId: string): Uint8Array {
  if (part.kind === "text") return Buffer.from(part.text);
  if (part.kind === "embedding") return npyBytes(part.values);
  return mediaBytes(part, sampleId);
}

function metadataOf(sample: EncodedSample, suffixes: readonly string[]): string {
  const parts = sample.parts.map((part, i) => ({
    name: part.name,
    kind: part.kind,
    ...(part.kind === "embedding" ? {} : { mediaType: part.mediaType }),
    member: suffixes[i],
  }));
  return JSON.stringify({ id: sample.id, attributes: sample.attributes, parts });
}
