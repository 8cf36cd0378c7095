import type { z } from "zod";
import type { ContentReference } from "../model/content.ts";
import type { Attributes, MediaKind } from "../model/sample.ts";

/** A part with its bytes at hand: what is left of laziness when a sample reaches the sink. */
export type EncodedPart =
  | { readonly kind: "text"; readonly name: string; readonly mediaType: string; readonly text: string }
  | { readonly kind: "embedding"; readonly name: string; readonly values: Float32Array }
  | {
      readonly kind: MediaKind;
      readonly name: string;
      readonly mediaType: string;
      /** Absent only when the sink asked for references (`needsBytes` false) and the content is still the input's. */
      readonly bytes?: Uint8Array;
      readonly reference?: ContentReference;
    };

export interface EncodedSample {
  readonly id: string;
  /**
   * Unique inside the dataset, ascending in dataset order, 12 or more digits: split, then position
   * in the split's output. Legal as a WebDataset key for every reader.
   */
  readonly key: string;
  readonly parts: readonly EncodedPart[];
  readonly attributes: Attributes;
}

/** One finished output file. */
export interface Shard {
  /** Name inside the dataset once the run is finished: does not depend on attempts. */
  readonly name: string;
  /** Name it has until then: equal to `name`, or scoped to the attempt when `name` was taken. */
  readonly storedAs: string;
  readonly bytes: number;
  /** Lowercase hex. */
  readonly sha256: string;
  readonly samples: number;
}

/** Where a task's shards go. */
export interface ShardDestination {
  /** URI of the output folder. */
  readonly uri: string;
  /** Index of the split: first part of every shard's name. */
  readonly split: number;
  /** Unique per attempt, across processes and restarts: scopes names that are taken, and temporary ones. */
  readonly attempt: string;
}

export interface SinkWriter {
  /** Resolves when there is room for more. Samples come in dataset order. Keeps no reference to them afterwards. */
  write(samples: readonly EncodedSample[]): Promise<void>;
  /** Makes every shard durable (synced, whole, under its `storedAs` name), in order. No sample written = no shard. */
  commit(): Promise<readonly Shard[]>;
  /** Removes what was not committed. Never throws. */
  abort(): Promise<void>;
}

export interface OpenedSink {
  openWriter(destination: ShardDestination): Promise<SinkWriter>;
  close?(): Promise<void>;
}

export interface SinkSpec<Options = unknown, Input = unknown> {
  /** A noun: `webdataset`, `parquet`. */
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<Options, Input>;
  /** Whether media bytes are written, as opposed to references to the input. Pure. */
  needsBytes(options: Options): boolean;
  open(options: Options): Promise<OpenedSink>;
}

export function defineSink<Options, Input>(spec: SinkSpec<Options, Input>): SinkSpec<Options, Input> {
  return spec;
}
