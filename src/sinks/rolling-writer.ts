import { z } from "zod";
import type { EncodedSample, Shard, ShardDestination, SinkWriter } from "../contract/sink.ts";
import { byteSize } from "../contract/units.ts";
import { openShardFile, type ShardFile } from "../storage/shard-file.ts";

/** A file format: what a sink adds to the writing of shards. `Row` is a sample in the format's own terms. */
export interface ShardFormat<Row extends { readonly bytes: number }> {
  /** Without its first dot: `tar`, `jsonl.zst`. */
  readonly extension: string;
  /** Pure. `bytes` = what the row adds to a shard, before compression. */
  prepare(sample: EncodedSample): Row;
  begin(file: ShardFile): ShardEncoder<Row>;
}

/** Writes the rows of one shard. */
export interface ShardEncoder<Row> {
  /** Size of the shard if it ended now; what is not compressed yet counts in full. Depends on the rows alone. */
  readonly bytes: number;
  /** Keeps nothing that the row's sample owns. */
  add(row: Row): void | Promise<void>;
  finish(): void | Promise<void>;
}

interface ShardLimits {
  readonly samplesPerShard: number;
  readonly shardBytes: number;
}

/** Options that every sink that writes shards has. */
export function shardLimitOptions(defaults: { readonly samplesPerShard: number; readonly shardBytes: string }) {
  return {
    samplesPerShard: z.int().min(1).default(defaults.samplesPerShard).describe("Most samples in one shard."),
    shardBytes: byteSize
      .pipe(z.int().min(1))
      .prefault(defaults.shardBytes)
      .describe(
        'Target size of a shard, as bytes or "256MiB". The sample that would exceed it begins the next shard; one that is larger by itself gets a shard of its own.',
      ),
  };
}

/** `shard-<split, 6 digits or more>-<ordinal in the split, 4 digits or more>.<extension>`. */
export function shardName(split: number, ordinal: number, extension: string): string {
  return `shard-${String(split).padStart(6, "0")}-${String(ordinal).padStart(4, "0")}.${extension}`;
}

interface OpenShard<Row> {
  readonly file: ShardFile;
  readonly encoder: ShardEncoder<Row>;
  samples: number;
}

/**
 * A writer that begins a new shard whenever the next sample would exceed a limit. Where shards end
 * depends on the samples alone, never on how they come in batches. Shards appear at `commit`,
 * all of them or, when it rejects and `abort` follows, none.
 */
export function openRollingWriter<Row extends { readonly bytes: number }>(
  format: ShardFormat<Row>,
  limits: ShardLimits,
  destination: ShardDestination,
): SinkWriter {
  const shards: OpenShard<Row>[] = [];
  let isCommitted = false;

  const begin = async (): Promise<OpenShard<Row>> => {
    const file = await openShardFile(destination, shardName(destination.split, shards.length, format.extension));
    const shard = { file, encoder: format.begin(file), samples: 0 };
    shards.push(shard);
    return shard;
  };

  const end = async (shard: OpenShard<Row> | undefined) => {
    await shard?.encoder.finish();
    await shard?.file.seal();
  };

  const fits = (shard: OpenShard<Row>, row: Row) =>
    shard.samples === 0 ||
    (shard.samples < limits.samplesPerShard && shard.encoder.bytes + row.bytes <= limits.shardBytes);

  return {
    async write(samples) {
      let shard = shards.at(-1);
      for (const sample of samples) {
        const row = format.prepare(sample);
        if (shard === undefined || !fits(shard, row)) {
          await end(shard);
          shard = await begin();
        }
        const added = shard.encoder.add(row);
        if (added !== undefined) await added;
        shard.samples++;
      }
    },
    async commit() {
      await end(shards.at(-1));
      const published: Shard[] = [];
      for (const { file, samples } of shards) published.push(await file.commit(samples));
      isCommitted = true;
      return published;
    },
    async abort() {
      if (!isCommitted) await Promise.all(shards.map(({ file }) => file.abort()));
    },
  };
}
