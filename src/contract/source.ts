import type { z } from "zod";
import type { PipelineError } from "../model/errors.ts";
import type { Json } from "../model/json.ts";
import type { PartKind, Sample } from "../model/sample.ts";

/** One file of the frozen input. `version` is its etag, or size and mtime: it changes when the content does. */
export interface InputFile {
  readonly uri: string;
  readonly bytes: number;
  readonly version: string;
}

/**
 * A deterministic piece of the input: the unit of parallelism and of recovery.
 * Pure data: it is frozen in the ledger and sent to workers.
 */
export interface Split {
  readonly files: readonly InputFile[];
  /** What `read` needs beside the files: a byte range, row groups. */
  readonly locator?: Json;
  /** Encoded bytes to read. */
  readonly bytes: number;
  /** Number of samples, where listing tells. */
  readonly samples?: number;
}

/** Bytes of an object that hold one sample. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A sample that could not be read. It is accounted as read and failed. */
export interface UnreadableSample {
  readonly id: string;
  readonly error: PipelineError;
  /** Where its bytes lie, for quarantine. */
  readonly uri: string;
  readonly range?: ByteRange | undefined;
}

export type SourceItem =
  /** `range`: where in the object at `uri`, when the sample is a piece of it that can be read by itself. */
  | {
      readonly kind: "sample";
      readonly sample: Sample;
      readonly uri: string;
      readonly range?: ByteRange | undefined;
    }
  | { readonly kind: "unreadable"; readonly unreadable: UnreadableSample };

/** What samples of a source look like, as far as its options tell. */
export interface Production {
  /** Attributes that every sample has. */
  readonly attributes: readonly string[];
  /** True when samples can have further attributes that only the input knows (fields of a record). */
  readonly isOpen: boolean;
  /** Part kinds that can occur. */
  readonly parts: readonly PartKind[];
}

/** Whether files that are read together are to be left out of the splits. */
export type LeavesOut = (files: readonly InputFile[]) => boolean;

export interface OpenedSource {
  /**
   * Lists the input in an order that depends on the input alone, and cuts it into splits
   * whose borders do not depend on the number of workers. Lists metadata only, in bounded memory.
   * Asks `leavesOut` once for all files that are read together, in this order; what it leaves out is not there.
   * Rejects with INPUT_NOT_FOUND or INPUT_EMPTY.
   */
  splits(signal: AbortSignal, leavesOut?: LeavesOut): AsyncIterable<Split>;
  /** The files of a split in the groups that `leavesOut` is asked for. Each by itself where the source does not say. */
  groups?(split: Split): readonly (readonly InputFile[])[];
  /**
   * The split's samples in batches, in an order that depends on the split alone. Pulled: the next
   * batch is read when it is asked for. A sample that cannot be read is an `unreadable` item;
   * throws only when the rest of the split cannot be read. Throws INPUT_CHANGED when a file is not
   * the version that the split names.
   */
  read(split: Split, signal: AbortSignal): AsyncIterable<readonly SourceItem[]>;
  close?(): Promise<void>;
}

export interface SourceSpec<Options = unknown, Input = unknown> {
  /** A noun: `files`, `jsonl`. */
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<Options, Input>;
  /** Pure. */
  produces(options: Options): Production;
  /** The options with every path replaced by `resolve(path)`, which makes it absolute. Pure. */
  resolveLocations(options: Options, resolve: (location: string) => string): Options;
  open(options: Options): Promise<OpenedSource>;
}

export function defineSource<Options, Input>(spec: SourceSpec<Options, Input>): SourceSpec<Options, Input> {
  return spec;
}
