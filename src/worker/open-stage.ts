import type { Catalog } from "../contract/catalog.ts";
import type { Task, WorkerSetup } from "../contract/executor.ts";
import type { Plan, Stage } from "../contract/plan.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { OpenedSink } from "../contract/sink.ts";
import type { OpenedSource } from "../contract/source.ts";
import type { TaskProgress, WorkerActivity } from "../contract/run-event.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { StepApplication } from "./apply-steps.ts";
import { type Chain, openChain } from "./chain.ts";
import { Quarantine } from "./quarantine.ts";
import { readItems } from "./read-items.ts";
import { openSpool } from "./spool-writer.ts";
import { TaskTally } from "./tally.ts";
import { sinkOutput, type TaskOutput } from "./task-output.ts";
import { TaskRun } from "./task-run.ts";

const reportSeconds = 0.2;

/** Told how a task goes, a few times a second. */
export interface TaskReporter {
  progress(progress: TaskProgress): void;
  activity(activity: WorkerActivity): void;
}

/** A stage with everything open that its tasks need. */
export interface OpenedStage {
  /** Runs one attempt: resolves once its shards are durable. Rejects with a PipelineError and leaves nothing behind. */
  runTask(task: Task, reporter: TaskReporter, signal: AbortSignal): Promise<Receipt>;
  close(): Promise<void>;
}

/** Opens what a worker needs for one stage of a plan. Rejects with OPERATOR_UNAVAILABLE or the component's own error. */
export async function openStage(
  setup: WorkerSetup,
  stage: Stage,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<OpenedStage> {
  const { plan } = setup;
  const isLast = stage.index === plan.stages.length - 1;
  const chain = await openChain(stage.steps, catalog, signal);
  const source = stage.index === 0 ? await openSource(plan, catalog) : undefined;
  const sink = isLast ? await openSink(plan, catalog) : undefined;
  return {
    runTask: (task, reporter, taskSignal) =>
      runTask({ task, setup, stage, chain, source, sink, reporter, signal: taskSignal }),
    async close() {
      await chain.close();
      await source?.close?.();
      await sink?.opened.close?.();
    },
  };
}

interface TaskContext {
  readonly task: Task;
  readonly setup: WorkerSetup;
  readonly stage: Stage;
  readonly chain: Chain;
  readonly source: OpenedSource | undefined;
  readonly sink: NeededSink | undefined;
  readonly reporter: TaskReporter;
  readonly signal: AbortSignal;
}

interface NeededSink {
  readonly opened: OpenedSink;
  readonly needsBytes: boolean;
}

async function runTask(context: TaskContext): Promise<Receipt> {
  const { task, setup, stage, sink, signal } = context;
  const start = performance.now();
  const destination = { uri: setup.destination, split: task.split, attempt: task.attemptId };
  const tally = new TaskTally(stage.steps.map((step) => step.id));
  const steps = new StepApplication(context.chain, tally);
  const quarantine = new Quarantine(destination, stage.index);
  let output: TaskOutput | undefined;
  try {
    output =
      sink === undefined
        ? openSpool(destination, stage.index)
        : sinkOutput(await sink.opened.openWriter(destination), destination);
    const limits = { ...setup, needsBytes: sink?.needsBytes ?? true };
    const run = new TaskRun(steps, tally, quarantine, output, limits, signal);
    await run.pump(
      readItems(task.input, context.source, setup.destination, signal),
      reportingPause(context, steps, tally),
    );
    const shards = await output.commit();
    const failed = await quarantine.commit();
    if (task.input.kind === "split") tally.bytesRead = task.input.split.bytes;
    return {
      stage: task.stage,
      split: task.split,
      attempt: task.attempt,
      shards,
      ...(failed === undefined ? {} : { quarantine: failed }),
      accounting: tally.accounting(),
      seconds: (performance.now() - start) / 1000,
    };
  } catch (cause) {
    await output?.abort();
    await quarantine.abort();
    throw asPipelineError(cause, "TASK_FAILED", `split ${task.split} failed`);
  }
}

/** Reports when it is time to, and lets timers and sockets have their turn then. */
function reportingPause(
  { task, reporter }: TaskContext,
  steps: StepApplication,
  tally: TaskTally,
): () => Promise<void> {
  let last = performance.now();
  return async () => {
    const now = performance.now();
    if (now - last < reportSeconds * 1000) return;
    last = now;
    const { step, sample } = steps.whereabouts;
    reporter.progress({ accounting: tally.accounting(), busySeconds: tally.busySeconds() });
    reporter.activity({ doing: "task", task: { stage: task.stage, split: task.split }, step, sample });
    await new Promise((resolve) => setImmediate(resolve));
  };
}

async function openSource(plan: Plan, catalog: Catalog): Promise<OpenedSource> {
  const load = catalog.sources[plan.source.name];
  if (load === undefined)
    throw new PipelineError("UNKNOWN_COMPONENT", `the worker knows no source ${JSON.stringify(plan.source.name)}`);
  const spec = await load();
  return spec.open(spec.options.parse(plan.source.options));
}

async function openSink(plan: Plan, catalog: Catalog): Promise<NeededSink> {
  const load = catalog.sinks[plan.sink.name];
  if (load === undefined)
    throw new PipelineError("UNKNOWN_COMPONENT", `the worker knows no sink ${JSON.stringify(plan.sink.name)}`);
  const spec = await load();
  const options = spec.options.parse(plan.sink.options);
  return { opened: await spec.open(options), needsBytes: spec.needsBytes(options) };
}
