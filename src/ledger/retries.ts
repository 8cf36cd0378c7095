import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { RetriedSample } from "../contract/executor.ts";
import type { TaskId } from "../contract/receipt.ts";
import type { Shard } from "../contract/sink.ts";
import { type ErrorCode, isErrorCode } from "../model/error-codes.ts";
import { readIntact, sha256Of } from "./intact-object.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { shardSchema, taskId } from "./receipt-schema.ts";
import type { RetryObject } from "./state-record.ts";

/** Samples that one task had quarantined, to be tried again. */
export interface RetryTask {
  /** Index of the split of the frozen input that holds them. */
  readonly source: number;
  /** The task that quarantined them. */
  readonly from: TaskId;
  /** Ascending by position. */
  readonly samples: readonly RetriedSample[];
  /** What stays of that task's quarantine; null when nothing does. */
  readonly remaining: Shard | null;
}

/** A retry task with its place in the run. */
export interface PlacedRetryTask extends RetryTask {
  readonly split: number;
}

const retryTask: z.ZodType<RetryTask> = z.strictObject({
  source: z.int().nonnegative(),
  from: taskId,
  samples: z
    .array(
      z.strictObject({
        position: z.int().nonnegative(),
        id: z.string(),
        step: z.string(),
        code: z.custom<ErrorCode>(isErrorCode),
        attempt: z.int().min(2),
      }),
    )
    .min(1),
  remaining: shardSchema.nullable(),
});

/** Undefined when there is no task. */
export async function writeRetries(
  store: LedgerStore,
  number: number,
  firstSplit: number,
  tasks: AsyncIterable<RetryTask>,
): Promise<RetryObject | undefined> {
  const lines: string[] = [];
  let samples = 0;
  for await (const task of tasks) {
    lines.push(`${JSON.stringify(task)}\n`);
    samples += task.samples.length;
  }
  if (lines.length === 0) return undefined;
  const content = Buffer.from(lines.join(""));
  const name = `retries/${String(number).padStart(6, "0")}-${randomUUID()}.jsonl`;
  await store.putIfAbsent(name, content);
  return { name, firstSplit, tasks: lines.length, samples, sha256: sha256Of(content) };
}

/** In the order in which they were written. Rejects with LEDGER_CORRUPT when the object is not what was written. */
export async function readRetries(store: LedgerStore, object: RetryObject): Promise<readonly PlacedRetryTask[]> {
  const content = await readIntact(store, object);
  const lines = content.toString("utf8").trimEnd().split("\n");
  return lines.map((line, index) => ({ ...retryTask.parse(JSON.parse(line)), split: object.firstSplit + index }));
}
