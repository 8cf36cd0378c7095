import type { FailureClass } from "../model/error-codes.ts";
import type { ErrorRecord } from "../model/errors.ts";

/** One line of a quarantine file: a failed sample, with what is needed to find and replay it. */
export type QuarantineRecord = {
  readonly id: string;
  /** URI of the object that holds the sample. */
  readonly uri: string;
  /** Step id, or `read` or `write`. */
  readonly step: string;
  readonly failureClass: FailureClass;
  readonly error: ErrorRecord;
  readonly stage: number;
  readonly split: number;
};
