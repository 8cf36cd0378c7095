import type { z } from "zod";
import type { Attributes, PartKind, Sample } from "../model/sample.ts";

/** What an operator says of a sample. Throwing is the fourth answer: the sample failed. */
export type Outcome =
  | { readonly kind: "keep"; readonly sample: Sample }
  /** `reason` comes from the operator's `dropReasons`: it becomes a metric label. */
  | { readonly kind: "drop"; readonly reason: string; readonly sample?: Sample }
  /** The sample ceases to exist and its children take its place, in this order. */
  | { readonly kind: "split"; readonly samples: readonly Sample[] };

/** What a step needs and leaves behind, so that `check` can follow attributes from step to step. */
export interface Signature {
  /** Attributes that a sample must have. */
  readonly reads: readonly string[];
  /** Attributes that it looks at where a sample has them, and does without where not. */
  readonly readsIfPresent?: readonly string[];
  /** Attributes that every kept sample has afterwards. */
  readonly writes: readonly string[];
  /** Attributes that are gone afterwards; `"unread"` = all that are not in `reads` or `readsIfPresent`. */
  readonly removes?: readonly string[] | "unread";
  /** Part kinds that it works on. A sample without any of them passes unchanged. Empty = none in particular. */
  readonly parts: readonly PartKind[];
  /** Part kinds that it adds. */
  readonly addsParts?: readonly PartKind[];
}

export interface OpenContext {
  /** Aborts when the worker is told to stop at once. */
  readonly signal: AbortSignal;
  /** Comes from the plan and the step's position: the only source of randomness that keeps output reproducible. */
  readonly seed: number;
}

export type Modality = "any" | "text" | "image" | "video" | "audio" | "document" | "series";

interface OperatorBase<Options, Input> {
  /** Verb first, kebab-case: `filter-blur`. */
  readonly name: string;
  /** One sentence; feeds CLI help and the reference. */
  readonly summary: string;
  readonly modality: Modality;
  /** Paper or reference implementation with its version, where the algorithm is published. */
  readonly reference?: string;
  /** Strict object schema; the only home of defaults. Every field carries `.describe()`. */
  readonly options: z.ZodType<Options, Input>;
  /** Pure: touches neither disk nor network. */
  signature(options: Options): Signature;
  /** Every reason this operator can drop for, in snake_case as the reference implementations write them. Pure. */
  dropReasons(options: Options): readonly string[];
  /** The options with every path replaced by `resolve(path)`, which makes it absolute. Absent = no option is a path. Pure. */
  resolveLocations?(options: Options, resolve: (location: string) => string): Options;
  /**
   * What decides outcomes beside the options: a digest of the files that they name. Reads those files. A run
   * keeps it, and a resume with another is refused. Absent = nothing but the options does.
   */
  fingerprint?(options: Options): Promise<string>;
  /** False for a remote model, say. Then `verify` relies on the manifest alone. */
  readonly isDeterministic?: boolean;
}

export interface OpenedMap {
  /**
   * Decides one sample. Called in any order and, when it returns promises, several times at once;
   * must not change its input and must give the same outcome for the same sample.
   * Return without a promise where possible: hot chains then run without one.
   */
  apply(sample: Sample): Outcome | Promise<Outcome>;
  close?(): Promise<void>;
}

export interface OpenedBatch {
  /** Outcome i belongs to sample i; the outcome must not depend on which samples share a batch. */
  apply(samples: readonly Sample[]): Promise<readonly Outcome[]>;
  close?(): Promise<void>;
}

/** What a gather operator says of a sample; it may only add attributes to those that stay. */
export type GatherDecision =
  | { readonly kind: "keep"; readonly attributes?: Attributes }
  | { readonly kind: "drop"; readonly reason: string };

export interface OpenedGather {
  /**
   * Sees the whole stream in dataset order and decides each sample exactly once, by its position in
   * the stream (0, 1, …), in any order. What it keeps in memory between them should be a few bytes a
   * sample: the engine holds the samples.
   */
  apply(samples: AsyncIterable<Sample>): AsyncIterable<readonly [position: number, decision: GatherDecision]>;
  close?(): Promise<void>;
}

/** Stateless, one sample in, one outcome out. */
export interface MapOperator<Options = unknown, Input = unknown> extends OperatorBase<Options, Input> {
  readonly kind: "map";
  /** The only method with side effects: loads native modules, weights, files. */
  open(options: Options, context: OpenContext): Promise<OpenedMap>;
}

/** Many samples in, outcome i belongs to input i. */
export interface BatchOperator<Options = unknown, Input = unknown> extends OperatorBase<Options, Input> {
  readonly kind: "batch";
  open(options: Options, context: OpenContext): Promise<OpenedBatch>;
}

/** Needs the whole stream; cuts the plan. */
export interface GatherOperator<Options = unknown, Input = unknown> extends OperatorBase<Options, Input> {
  readonly kind: "gather";
  open(options: Options, context: OpenContext): Promise<OpenedGather>;
}

export type OperatorSpec<Options = unknown, Input = unknown> =
  | MapOperator<Options, Input>
  | BatchOperator<Options, Input>
  | GatherOperator<Options, Input>;

/** Types an operator from its schema; returns what it is given. */
export function defineMap<Options, Input>(
  spec: Omit<MapOperator<Options, Input>, "kind">,
): MapOperator<Options, Input> {
  return { ...spec, kind: "map" };
}

/** Types a batch operator from its schema; returns what it is given. */
export function defineBatch<Options, Input>(
  spec: Omit<BatchOperator<Options, Input>, "kind">,
): BatchOperator<Options, Input> {
  return { ...spec, kind: "batch" };
}

/** Types a gather operator from its schema; returns what it is given. */
export function defineGather<Options, Input>(
  spec: Omit<GatherOperator<Options, Input>, "kind">,
): GatherOperator<Options, Input> {
  return { ...spec, kind: "gather" };
}

export function keep(sample: Sample): Outcome {
  return { kind: "keep", sample };
}
