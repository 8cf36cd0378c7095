import { z } from "zod";
import type { JsonObject } from "../model/json.ts";

/** Version of the outcome logs that this program writes and reads. docs/outcome-log.md describes it. */
export const outcomeLogVersion = 1;

/** First line of an outcome log. */
export const outcomeLogHeader = z.strictObject({
  version: z.literal(outcomeLogVersion),
  stage: z.int().nonnegative(),
  split: z.int().nonnegative(),
});

const attributes: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/**
 * Any other line of an outcome log: what became of one sample. Without `drop`, `fail` and `split` it was written,
 * at the next place of the task's output. The sample that was read comes first; one that was split has its
 * children's lines behind it, in any depth, and the next sample that was read begins when all of them have ended.
 */
export const outcomeLine = z.strictObject({
  id: z.string(),
  /** Step id and reason. */
  drop: z.tuple([z.string(), z.string()]).exactOptional(),
  /** Step id, `read` or `write`, and error code; the rest is in quarantine. */
  fail: z.tuple([z.string(), z.string()]).exactOptional(),
  /** Step id and number of children. */
  split: z.tuple([z.string(), z.int().nonnegative()]).exactOptional(),
  /** Of a sample that was not written: what steps had written, and what the step that ended it reads. */
  attributes: attributes.exactOptional(),
  /** First file of the sample that was read, counted in its split from 0; absent when the split has one file. */
  file: z.int().nonnegative().exactOptional(),
  /** Bytes of the sample that was read: from the end of the range before (at first 0) to its start, and its length. */
  at: z.tuple([z.int(), z.int().nonnegative()]).exactOptional(),
});
export type OutcomeLine = z.infer<typeof outcomeLine>;
