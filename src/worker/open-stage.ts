import { type Catalog, loadComponent } from "../contract/catalog.ts";
import type { Task, WorkerSetup } from "../contract/executor.ts";
import { locationsOfSource, openPlanSource } from "../contract/open-plan-source.ts";
import type { Plan, Stage, StepRef } from "../contract/plan.ts";
import type { Receipt } from "../contract/receipt.ts";
import type { OpenedSink } from "../contract/sink.ts";
import type { OpenedSource } from "../contract/source.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { accountedTask, type TaskAttempt, type TaskReporter } from "./accounted-task.ts";
import { StepApplication } from "./apply-steps.ts";
import { type Chain, openChain } from "./chain.ts";
import { LaneEncoding } from "./encode-lane.ts";
import { type OpenedGatherStep, runGather } from "./gather-run.ts";
import { MemoryBudget, type ReserveMemory } from "./memory-budget.ts";
import { ownMemoryGauge } from "./memory-gauge.ts";
import { readItems } from "./read-items.ts";
import { RetriedSamples } from "./retried-samples.ts";
import { RetryRun } from "./retry-run.ts";
import { openSpool } from "./spool-writer.ts";
import { type Standing, standingOf } from "./standing.ts";
import { TaskCaution } from "./task-caution.ts";
import { inputName, outputName } from "./task-names.ts";
import { sinkOutput } from "./task-output.ts";
import { TaskRun } from "./task-run.ts";
import { attributesOfEarlierStages, attributesToTell } from "./telling-attributes.ts";

/** Size of the splits that a gather stage makes of its output. */
const gatheredSplit = { samples: 10_000, bytes: 64 * 2 ** 20 };

/** A stage with everything open that its tasks need. */
export interface OpenedStage {
  /** Runs one attempt: resolves once its shards are durable. Rejects with a PipelineError and leaves nothing behind. */
  runTask(task: Task, reporter: TaskReporter, reserve: ReserveMemory, signal: AbortSignal): Promise<Receipt>;
  close(): Promise<void>;
}

/** Opens what a worker needs for one stage of a plan. Rejects with OPERATOR_UNAVAILABLE or the component's own error. */
export function openStage(
  setup: WorkerSetup,
  stage: Stage,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<OpenedStage> {
  return stage.kind === "gather"
    ? openGatherStage(setup, stage, catalog, signal)
    : openMapStage(setup, stage, catalog, signal);
}

async function openMapStage(
  setup: WorkerSetup,
  stage: Stage,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<OpenedStage> {
  const { plan } = setup;
  const chain = await openChain(
    stage.steps,
    catalog,
    signal,
    await attributesOfEarlierStages(plan, stage.index === plan.stages.length ? 0 : stage.index, catalog),
  );
  const gauge = ownMemoryGauge();
  const isRetry = stage.index === plan.stages.length;
  const source = stage.index === 0 || isRetry ? await openPlanSource(plan, catalog) : undefined;
  // Not awaited: a worker that has no task yet has the time, and a first request that finds it unfinished waits for it.
  if (source !== undefined)
    for (const location of await locationsOfSource(plan, catalog)) void storageFor(location).connect?.(location);
  const sink = stage.index === plan.stages.length - 1 || isRetry ? await openSink(plan, catalog) : undefined;
  return {
    runTask: (task, reporter, reserve, taskSignal) => {
      const share = task.caution?.memoryShare ?? 1;
      const memory = new MemoryBudget(setup.memoryBudgetBytes * share, gauge, reserve);
      return runMapTask({ task, setup, stage, reporter, signal: taskSignal }, chain, memory, source, sink);
    },
    async close() {
      await chain.close();
      await source?.close?.();
      await sink?.opened.close?.();
    },
  };
}

function runMapTask(
  attempt: TaskAttempt,
  chain: Chain,
  memory: MemoryBudget,
  source: OpenedSource | undefined,
  sink: NeededSink | undefined,
): Promise<Receipt> {
  const { task, setup, stage, reporter, signal } = attempt;
  return accountedTask(
    attempt,
    async (destination) =>
      sink === undefined
        ? openSpool(destination, stage.index)
        : sinkOutput(await sink.opened.openWriter(destination), destination),
    async ({ output, quarantine, outcomes, tally, pause }) => {
      const { journal } = reporter;
      const steps = new StepApplication(chain, tally, () => journal.beat());
      const caution = new TaskCaution(task.caution);
      const { batchSize, concurrency } = setup;
      const needsBytes = sink?.needsBytes ?? true;
      const sinks = { quarantine, outcomes, output };
      const items = readItems(task.input, source, setup.destination, signal);
      const onItem = () => pause(steps.whereabouts);
      if (task.input.kind === "retry") {
        const retried = new RetriedSamples(task.input.samples, chain, steps);
        const encoding = new LaneEncoding(steps, tally, needsBytes);
        const waits = { memoryWait: undefined, reading: undefined };
        reporter.answerWith(() => standing(attempt, steps, waits));
        await new RetryRun(retried, tally, sinks, encoding, caution, journal, signal).pump(items, onItem);
        return;
      }
      const limits = { memory, batchSize, concurrency, needsBytes };
      const run = new TaskRun(steps, tally, sinks, limits, caution, journal, signal);
      reporter.answerWith(() => standing(attempt, steps, run));
      await run.pump(items, onItem);
    },
  );
}

function standing(
  attempt: TaskAttempt,
  steps: StepApplication,
  run: Pick<TaskRun, "memoryWait" | "reading">,
): Standing {
  return standingOf({
    journal: attempt.reporter.journal,
    reads: run.reading ?? inputName(attempt.task.input),
    writes: outputName(attempt),
    waits: steps.waits,
    memory: run.memoryWait,
    lastStep: steps.whereabouts.step,
  });
}

async function openGatherStage(
  setup: WorkerSetup,
  stage: Stage,
  catalog: Catalog,
  signal: AbortSignal,
): Promise<OpenedStage> {
  const [ref] = stage.steps;
  if (ref === undefined) throw new PipelineError("PROTOCOL", `stage ${stage.index} gathers, but has no step`);
  const scores = await attributesOfEarlierStages(setup.plan, stage.index, catalog);
  const step = await openGatherStep(ref, catalog, signal, scores);
  return {
    runTask: (task, reporter, _reserve, taskSignal) =>
      runGatherTask({ task, setup, stage, reporter, signal: taskSignal }, step),
    close: async () => step.operator.close?.(),
  };
}

function runGatherTask(attempt: TaskAttempt, step: OpenedGatherStep): Promise<Receipt> {
  const { task, setup, stage, reporter, signal } = attempt;
  const { journal } = reporter;
  return accountedTask(
    attempt,
    async (destination) => openSpool(destination, stage.index, gatheredSplit),
    ({ output, outcomes, tally, pause }) => {
      // The step sees all samples at once: none of them can be blamed for what happens to it.
      journal.enter("working", 0, 0);
      reporter.answerWith(() =>
        standingOf({
          journal,
          reads: inputName(task.input),
          writes: outputName(attempt),
          waits: new Map(),
          memory: undefined,
          lastStep: step.id,
        }),
      );
      const onSample = () => {
        const pausing = pause({ step: step.id, sample: "" });
        if (pausing !== undefined) journal.beat();
        return pausing;
      };
      return runGather(
        step,
        () => readItems(task.input, undefined, setup.destination, signal),
        output,
        outcomes,
        tally,
        onSample,
      );
    },
  );
}

async function openGatherStep(
  step: StepRef,
  catalog: Catalog,
  signal: AbortSignal,
  scores: readonly string[],
): Promise<OpenedGatherStep> {
  try {
    const spec = await loadComponent(catalog.operators, "operator", step.name);
    if (spec.kind !== "gather")
      throw new PipelineError("PROTOCOL", `step ${step.id} is a ${spec.kind} step in a gather stage`);
    const options = spec.options.parse(step.options);
    return {
      id: step.id,
      dropReasons: spec.dropReasons(options),
      tellingAttributes: attributesToTell(spec.signature(options), scores),
      operator: await spec.open(options, { signal, seed: step.seed }),
    };
  } catch (cause) {
    throw asPipelineError(cause, "OPERATOR_UNAVAILABLE", `step ${step.id} cannot be opened`);
  }
}

interface NeededSink {
  readonly opened: OpenedSink;
  readonly needsBytes: boolean;
}

async function openSink(plan: Plan, catalog: Catalog): Promise<NeededSink> {
  const spec = await loadComponent(catalog.sinks, "sink", plan.sink.name);
  const options = spec.options.parse(plan.sink.options);
  return { opened: await spec.open(options), needsBytes: spec.needsBytes(options) };
}
