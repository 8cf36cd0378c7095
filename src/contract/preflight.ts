import type { ErrorCode } from "../model/error-codes.ts";
import type { ErrorRecord } from "../model/errors.ts";
import type { PartKind } from "../model/sample.ts";
import type { Plan } from "./plan.ts";
import type { Split } from "./source.ts";

/** What a worker is to try before a run. Pure data. */
export type PreflightRequest = {
  readonly plan: Plan;
  /** Spread over the input. Each is read from its start. */
  readonly splits: readonly Split[];
  /** Samples to look at, in all splits together; the steps are tried on a few of each media type among them. */
  readonly samples: number;
};

/** What a worker found. Nothing was written. */
export type PreflightReport = {
  /** Everything that cannot be opened, in the order of the plan. */
  readonly unopened: readonly UnopenedComponent[];
  /** The first step that cannot be opened: samples were tried up to it. Null = through every step. */
  readonly triedBefore: string | null;
  readonly looked: LookedAtSamples;
  /** Every media type that was found, the most frequent first. */
  readonly media: readonly MediaTypeTrial[];
  /** Splits that could not be read to the end of what was wanted of them. */
  readonly brokenSplits: readonly { readonly uri: string; readonly error: ErrorRecord }[];
  /** An error that reaches further than a sample and ended the trial. */
  readonly stoppedBy: ErrorRecord | null;
  /**
   * Bytes that each stage would write of the samples looked at, before packing and compression, going by those that
   * were tried. Null when no sample went through every step.
   */
  readonly stageBytes: readonly number[] | null;
};

export type UnopenedComponent = {
  /** Step id, `source` or `sink`. */
  readonly component: string;
  readonly error: ErrorRecord;
};

/** Counts of samples; `bytes` are those of the samples that could be read. */
export type LookedAtSamples = {
  readonly samples: number;
  readonly bytes: number;
  readonly unreadable: number;
  readonly tried: number;
  /** Of those tried: failed at a step, or when they were encoded. */
  readonly failed: number;
  /** Of those tried: left in whole or in part behind the last step. */
  readonly kept: number;
};

/** What became of the samples that have a part of one media type. Counts are samples. */
export type MediaTypeTrial = {
  readonly mediaType: string;
  readonly kind: PartKind;
  readonly looked: number;
  readonly tried: number;
  readonly failures: readonly MediaTypeFailure[];
};

/** Samples of a media type that failed in one way at a step that works on such parts. */
export type MediaTypeFailure = {
  /** Step id, or `write`. */
  readonly step: string;
  readonly code: ErrorCode;
  /** Of the first of them. */
  readonly message: string;
  readonly uri: string;
  readonly samples: number;
};
