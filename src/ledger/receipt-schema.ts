import { z } from "zod";
import type { Accounting } from "../contract/accounting.ts";
import type { Plan } from "../contract/plan.ts";
import type { Receipt } from "../contract/receipt.ts";

const counts = z.record(z.string(), z.int().nonnegative());

export const accountingSchema: z.ZodType<Accounting> = z.strictObject({
  read: z.int().nonnegative(),
  bytesRead: z.int().nonnegative(),
  unreadable: counts,
  steps: z.record(
    z.string(),
    z.strictObject({
      in: z.int().nonnegative(),
      kept: z.int().nonnegative(),
      dropped: counts,
      failed: counts,
      split: z.int().nonnegative(),
      children: z.int().nonnegative(),
    }),
  ),
  unwritable: counts,
  written: z.int().nonnegative(),
});

export const shardSchema = z.strictObject({
  name: z.string(),
  storedAs: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  samples: z.int().nonnegative(),
});

export const taskId = z.strictObject({ stage: z.int().nonnegative(), split: z.int().nonnegative() });

export const receiptSchema: z.ZodType<Receipt> = z.strictObject({
  ...taskId.shape,
  attempt: z.int().positive(),
  shards: z.array(shardSchema),
  quarantine: shardSchema.exactOptional(),
  outcomes: shardSchema.exactOptional(),
  accounting: accountingSchema,
  retried: accountingSchema.exactOptional(),
  seconds: z.number().nonnegative(),
});

const json: z.ZodType<Plan["source"]["options"]> = z.record(z.string(), z.json());
const component = z.strictObject({ name: z.string(), options: json });

export const planSchema: z.ZodType<Plan> = z.strictObject({
  version: z.literal(1),
  source: component,
  stages: z.array(
    z.strictObject({
      index: z.int().nonnegative(),
      kind: z.enum(["map", "gather"]),
      steps: z.array(
        z.strictObject({
          id: z.string(),
          name: z.string(),
          options: json,
          kind: z.enum(["map", "batch", "gather"]),
          seed: z.number(),
        }),
      ),
    }),
  ),
  sink: component,
  streaming: z.boolean(),
  seed: z.number(),
});
