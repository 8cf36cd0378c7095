import { randomUUID } from "node:crypto";
import type { QuarantineRecord } from "../../contract/quarantine.ts";
import { taskKey } from "../../contract/receipt.ts";
import type { Shard } from "../../contract/sink.ts";
import type { RetryTask } from "../../ledger/retries.ts";
import { PipelineError } from "../../model/errors.ts";
import { openShardFile } from "../../storage/shard-file.ts";
import type { RecordedRun } from "../open-run.ts";
import type { QuarantinedTask } from "../retry-command.ts";

/**
 * Tasks that try the chosen samples again, in the order of the splits that hold them, and the quarantine files that
 * are left without them: beside the old ones, which stay until the dataset is published anew. `round` counts retries.
 */
export async function* retryTasksOf(
  run: RecordedRun,
  tasks: readonly QuarantinedTask[],
  round: number,
): AsyncGenerator<RetryTask> {
  const placed = await run.retryTasks();
  const sources = new Map(placed.map(({ split, source }) => [taskKey({ stage: 1, split }), source]));
  const withSource = tasks.map((task) => ({ ...task, source: sourceOf(task, sources) }));
  withSource.sort((a, b) => a.source - b.source || a.task.stage - b.task.stage || a.task.split - b.task.split);
  for (const { task, source, chosen, others } of withSource) {
    const samples = chosen
      .map(({ position, id, step, error, attempt }) => ({ position, id, step, code: error.code, attempt: attempt + 1 }))
      .sort((a, b) => a.position - b.position);
    const remaining = others.length === 0 ? null : await writeRemaining(run.output, task, others, round);
    yield { source, from: task, samples, remaining };
  }
}

/** The split of the input that a task of the first stage reads, or that an earlier retry reads. */
function sourceOf({ task }: QuarantinedTask, sources: ReadonlyMap<string, number>): number {
  const source = task.stage === 0 ? task.split : sources.get(taskKey(task));
  if (source !== undefined) return source;
  throw new PipelineError("LEDGER_CORRUPT", `no retry has made the task of stage ${task.stage} split ${task.split}`);
}

async function writeRemaining(
  output: string,
  { stage, split }: { readonly stage: number; readonly split: number },
  records: readonly QuarantineRecord[],
  round: number,
): Promise<Shard> {
  const stem = `${stage === 0 ? "" : `stage-${stage}-`}shard-${String(split).padStart(6, "0")}`;
  const destination = { uri: output, split, attempt: `r${round}-${randomUUID().slice(0, 8)}` };
  const file = await openShardFile(destination, `_quarantine/${stem}-without-retry-${round}.jsonl`);
  for (const record of records) await file.write([Buffer.from(`${JSON.stringify(record)}\n`)]);
  return file.commit(records.length);
}
