import { z } from "zod";
import { defineSink, type EncodedPart, type EncodedSample } from "../contract/sink.ts";
import { openLineCompressor } from "../storage/line-compressor.ts";
import { type EncodedMedia, isEncodedMedia, mediaBytes } from "./media-bytes.ts";
import { openRollingWriter, type ShardEncoder, type ShardFormat, shardLimitOptions } from "./rolling-writer.ts";

const options = z.strictObject({
  ...shardLimitOptions({ samplesPerShard: 100_000, shardBytes: "256MiB" }),
  compression: z
    .enum(["none", "gzip", "zstd"])
    .default("none")
    .describe(
      "Compression of each shard, as one stream. It also decides the suffix: `.jsonl`, `.jsonl.gz`, `.jsonl.zst`.",
    ),
  media: z
    .enum(["base64", "reference"])
    .default("base64")
    .describe(
      "`base64` stores media in the line; `reference` stores where the input holds them, and base64 only of what the run changed.",
    ),
});
type Options = z.infer<typeof options>;

const suffixes = { none: "jsonl", gzip: "jsonl.gz", zstd: "jsonl.zst" } as const;
const reservedNames = new Set(["id", "attributes"]);

/**
 * One JSON object a line: `id`, one member a part, `attributes`. Plain text is a string; any other
 * part is an object with `kind`, `mediaType` and one of `text`, `base64`, `uri` (with `offset` and
 * `length` when it is a piece of the object there) or `values`.
 */
export const jsonl = defineSink({
  name: "jsonl",
  summary: "Writes one JSON object a line, plain or compressed.",
  options,
  needsBytes: ({ media }) => media === "base64",
  open: async (opened) => ({
    openWriter: async (destination) => openRollingWriter(jsonlFormat(opened), opened, destination),
  }),
});

interface Line {
  readonly bytes: number;
  /** UTF-8 of the line, its end included, in pieces. */
  readonly pieces: readonly Uint8Array[];
}

function jsonlFormat({ compression }: Options): ShardFormat<Line> {
  return {
    extension: suffixes[compression],
    prepare: lineOf,
    begin(file): ShardEncoder<Line> {
      if (compression !== "none") return openLineCompressor(compression, file);
      return {
        get bytes() {
          return file.bytes;
        },
        add: ({ pieces }) => file.write(pieces),
        finish: () => undefined,
      };
    },
  };
}

function lineOf(sample: EncodedSample): Line {
  const pieces: Uint8Array[] = [];
  let text = `{"id":${JSON.stringify(sample.id)}`;
  for (const part of sample.parts) {
    text += `,${JSON.stringify(memberName(part.name))}:`;
    const bytes = isEncodedMedia(part) ? inlineBytes(part, sample.id) : undefined;
    if (bytes === undefined || !isEncodedMedia(part)) {
      text += memberOf(part);
    } else {
      // Base64 needs no escaping and is by far the longest: it skips JSON.stringify and the join of the text.
      pieces.push(Buffer.from(`${text}${JSON.stringify(describe(part)).slice(0, -1)},"base64":"`));
      pieces.push(Buffer.from(base64Of(bytes), "latin1"));
      text = '"}';
    }
  }
  pieces.push(Buffer.from(`${text},"attributes":${JSON.stringify(sample.attributes)}}\n`));
  let bytes = 0;
  for (const piece of pieces) bytes += piece.byteLength;
  return { bytes, pieces };
}

/** Part names are free: those that would clash with the line's own members get a prefix, so that no two can be equal. */
function memberName(part: string): string {
  return reservedNames.has(part) || part.startsWith("part.") ? `part.${part}` : part;
}

/** Undefined when a reference stands for them. */
function inlineBytes(part: EncodedMedia, sampleId: string): Uint8Array | undefined {
  return part.bytes === undefined && part.reference !== undefined ? undefined : mediaBytes(part, sampleId);
}

/** Everything but inline media. */
function memberOf(part: EncodedPart): string {
  if (part.kind === "embedding") return JSON.stringify({ kind: part.kind, values: Array.from(part.values) });
  if (part.kind !== "text")
    return JSON.stringify({ ...describe(part), uri: part.reference?.uri, ...part.reference?.range });
  return JSON.stringify(part.mediaType === "text/plain" ? part.text : { ...describe(part), text: part.text });
}

function describe(part: Exclude<EncodedPart, { readonly kind: "embedding" }>) {
  return { kind: part.kind, mediaType: part.mediaType };
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
