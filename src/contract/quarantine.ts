import type { FailureClass } from "../model/error-codes.ts";
import type { ErrorRecord } from "../model/errors.ts";

/** One line of a quarantine file: a failed sample, with what is needed to find and replay it. */
export type QuarantineRecord = {
  readonly id: string;
  /** URI of the object that holds the sample. */
  readonly uri: string;
  /** Where in that object its parts lie, as far as the source reads them by reference. */
  readonly range?: { readonly offset: number; readonly length: number };
  /** Position among what the task reads, from 0: that of the sample that was read, for its children too. */
  readonly position: number;
  /** 1, and one more for each `pipeline retry` that has tried the sample again. */
  readonly attempt: number;
  readonly planHash: string;
  /** Step id, or `read` or `write`. */
  readonly step: string;
  readonly failureClass: FailureClass;
  readonly error: ErrorRecord;
  readonly stage: number;
  readonly split: number;
};
