import { z } from "zod";
import { accountingSchema } from "./receipt-schema.ts";

/** A file of receipts, zstd-compressed JSON lines: what commit entries that are folded away had listed. */
const receiptSegment = z.strictObject({
  name: z.string(),
  receipts: z.int().positive(),
  bytes: z.int().positive(),
  sha256: z.string(),
});
export type ReceiptSegment = z.infer<typeof receiptSegment>;

/** A file of retry tasks, JSON lines: samples that were taken out of quarantine to be tried again. */
export const retryObject = z.strictObject({
  name: z.string(),
  /** The first split of its tasks; the others follow. */
  firstSplit: z.int().nonnegative(),
  tasks: z.int().positive(),
  samples: z.int().positive(),
  sha256: z.string(),
});
export type RetryObject = z.infer<typeof retryObject>;

/** Input as it was when it was listed: chunks of split lines, each with what proves it unchanged. */
export const frozenInput = z.strictObject({
  chunks: z.array(z.strictObject({ name: z.string(), splits: z.int().positive(), sha256: z.string() })),
  splits: z.int().positive(),
  bytes: z.int().nonnegative(),
  /** Null where listing does not tell. */
  samples: z.int().nonnegative().nullable(),
});
export type FrozenInput = z.infer<typeof frozenInput>;

/** Input that came after the run had begun, and became part of it. */
export const addedInput = z.strictObject({
  ...frozenInput.shape,
  /** The number of its first split; the others follow. */
  firstSplit: z.int().positive(),
});
export type AddedInput = z.infer<typeof addedInput>;

/** Everything that follows from the entries up to one of them, beside the entry that began the run. */
export const stateRecord = z.strictObject({
  /** Number of the entry whose state this is. */
  number: z.int().positive(),
  /** When that entry was written. */
  at: z.iso.datetime(),
  isFinished: z.boolean(),
  /** By stage. */
  stages: z.array(
    z.strictObject({
      /** Splits that are done, as ranges: `0-41,43`. */
      done: z.string(),
      accounting: accountingSchema,
      /** Failures that tasks of this stage have taken back. */
      retried: accountingSchema.exactOptional(),
      shards: z.int().nonnegative(),
      shardBytes: z.int().nonnegative(),
    }),
  ),
  retries: z.array(retryObject),
  /** In the order in which they came. */
  additions: z.array(addedInput).exactOptional(),
  /** Of the last retry. */
  fingerprints: z.record(z.string(), z.string()).exactOptional(),
  /** Where the receipts that count are, in the order in which they were committed. */
  segments: z.array(receiptSegment),
  /** How often work that was done became undone, by going back or by doing it again. */
  epoch: z.int().nonnegative(),
  /** Checkpoints that were gone back to: each value once. */
  rollbacks: z.array(z.string()),
});
export type StateRecord = z.infer<typeof stateRecord>;
