import { taskKey } from "../../contract/receipt.ts";
import type { RecordedRun } from "../open-run.ts";
import { readOutcomes } from "./read-outcomes.ts";
import { growTrace, type MutableTrace, receiptsOf } from "./trace-sample.ts";

/** Replaces the failures of a sample and of its children by what became of them when they were tried again, if they were. */
export async function followRetries(run: RecordedRun, root: MutableTrace, position: number): Promise<void> {
  const tasks = await run.retryTasks();
  if (tasks.length === 0) return;
  const open = [root];
  for (let trace = open.pop(); trace !== undefined; trace = open.pop()) {
    open.push(...trace.children);
    const { ending, id } = trace;
    if (ending.kind !== "failed") continue;
    const task = tasks.find(
      ({ from, samples }) => taskKey(from) === taskKey(ending.receipt) && samples.some((sample) => sample.id === id),
    );
    if (task === undefined) continue;
    const retried = await retriedTrace(run, task.split, id, position);
    Object.assign(trace, retried ?? { ending: { kind: "waiting", stage: run.start.plan.stages.length } });
    if (retried !== undefined) open.push(trace);
  }
}

/** Undefined while the task is not finished. */
async function retriedTrace(
  run: RecordedRun,
  split: number,
  id: string,
  position: number,
): Promise<MutableTrace | undefined> {
  const receipt = (await receiptsOf(run, run.start.plan.stages.length, new Set([split]))).get(split);
  if (receipt?.outcomes === undefined) return undefined;
  for await (const logged of readOutcomes(run, receipt.outcomes)) {
    if (logged.outcomes[0]?.line.id === id) return growTrace({ ...logged, position }, receipt, run.start.plan).root;
  }
  return undefined;
}
