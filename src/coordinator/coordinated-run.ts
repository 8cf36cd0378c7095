import type { TaskObserver } from "../contract/executor.ts";
import { retryStage, type Stage } from "../contract/plan.ts";
import type { RunOutcome, RunSummary } from "../contract/run-event.ts";
import type { StartEntry } from "../ledger/entry.ts";
import { Ledger } from "../ledger/ledger.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import { type LedgerStore, storedLedger } from "../ledger/ledger-store.ts";
import { isPublished, unpublish } from "../ledger/manifest.ts";
import { asPipelineError, errorRecord, PipelineError } from "../model/errors.ts";
import { planHash } from "../plan/plan-hash.ts";
import { storageFor } from "../storage/open-storage.ts";
import { GroupCommit } from "./group-commit.ts";
import { redoMissingSpools } from "./missing-spools.ts";
import { beginRun, openPlanSource } from "./prepare-run.ts";
import { spaceShortage } from "./prove-output.ts";
import { publishOnce } from "./publish-once.ts";
import { type RunAccounts, runAccounts } from "./run-accounts.ts";
import type { RunRequest } from "./run-request.ts";
import { LedgerWork } from "./shared-work.ts";
import { pendingTasks, type SpoolShards, spoolShardsOf, taskCount } from "./stage-input.ts";
import { type FailedTask, StageRun } from "./stage-run.ts";
import { StageTasks } from "./stage-tasks.ts";

/** Samples that must have been read before the failure ratio can stop a run that is still going. */
const minSamplesToJudge = 200;
/** Samples that ended a worker, in tasks that are not finished, after which the same is done: each of them takes time. */
const minCondemnedToJudge = 20;

const nothingUnfinished: StageRun["unfinished"] = { read: 0, condemned: 0 };

/** One execution of a plan, from the first look at the ledger to the manifest. */
export class CoordinatedRun {
  readonly #request: RunRequest;
  readonly #inputListing = new AbortController();
  readonly #stopped = new AbortController();
  readonly #started = performance.now();
  readonly #failedTasks: FailedTask[] = [];
  #ledger: Ledger | undefined;
  #drainSignal: string | undefined;
  #hasEnded = false;
  #fatal: PipelineError | undefined;

  constructor(request: RunRequest) {
    this.#request = request;
  }

  drain(signal: string): void {
    if (this.#drainSignal !== undefined || this.#hasEnded) return;
    this.#drainSignal = signal;
    this.#inputListing.abort(new PipelineError("USAGE", `interrupted by ${signal} while the input was listed`));
    this.#stopped.abort();
    this.#request.onEvent({ type: "drain-started", signal });
  }

  abort(): void {
    this.drain("abort");
    void this.#request.executor.close("now");
  }

  async execute(): Promise<RunSummary> {
    const { executor } = this.#request;
    // Workers start while the ledger and the input are read: a start-up costs the longer of both.
    const opening = executor.open(this.#workerSetup(), this.#taskObserver());
    // Its failure is awaited below; until then it must not count as unhandled.
    opening.catch(() => undefined);
    try {
      const summary = await this.#run(opening);
      this.#hasEnded = true;
      this.#request.onEvent({ type: "run-finished", summary });
      return summary;
    } finally {
      await executor.close(this.#fatal === undefined ? "drain" : "now");
    }
  }

  async #run(opening: Promise<void>): Promise<RunSummary> {
    const { settings } = this.#request;
    const store = storedLedger(storageFor(settings.checkpoints), settings.checkpoints);
    const ledger = await Ledger.open(store);
    this.#ledger = ledger;
    await this.#goBack(ledger);
    const start = await this.#begin(ledger, store);
    if (start === undefined) return this.#summary("interrupted", false);
    if (ledger.state.isFinished && (await isPublished(storageFor(settings.output), settings.output))) {
      return this.#summary("succeeded", true);
    }
    // Work that became undone may have been published before: what it left for later stages is gone since.
    if (ledger.state.epoch > 0 && !ledger.state.isFinished)
      await redoMissingSpools(ledger, this.#request.plan, storageFor(settings.output), settings.output);
    if (!(await this.#hasOpened(opening))) return this.#summary("interrupted", false);
    const work = new LedgerWork(ledger, store);
    try {
      return await this.#finishWork(ledger, store, start, work);
    } finally {
      await work.close();
    }
  }

  /** False when the run was interrupted before a worker had opened the plan. */
  async #hasOpened(opening: Promise<void>): Promise<boolean> {
    try {
      await opening;
      return true;
    } catch (error) {
      // Who interrupts a run in a terminal ends workers that are only starting with it.
      if (this.#drainSignal !== undefined) return false;
      throw error;
    }
  }

  async #finishWork(ledger: Ledger, store: LedgerStore, start: StartEntry, work: LedgerWork): Promise<RunSummary> {
    const { plan, settings } = this.#request;
    // Once, unless somebody goes back to an earlier checkpoint meanwhile: then there is work again.
    for (;;) {
      const { epoch } = ledger.state;
      const isComplete = ledger.state.isFinished || (await this.#runStages(ledger, store, start, work));
      if (ledger.state.epoch !== epoch && !this.#shouldStop()) continue;
      if (!isComplete) return this.#summary(this.#isInterrupted() ? "interrupted" : "failed", false);
      this.#fatal = this.#verdict();
      if (this.#fatal !== undefined) return this.#summary("failed", false);
      if (!(await ledger.finish(epoch))) continue;
      const isOurs = await publishOnce(ledger, work, plan, settings, this.#stopped.signal);
      if (ledger.state.epoch === epoch) return this.#summary(isOurs ? "succeeded" : "interrupted", false);
    }
  }

  /** Goes back to the checkpoint that was asked for, unless the ledger says that it did so before. */
  async #goBack(ledger: Ledger): Promise<void> {
    const { resumeFrom, output } = this.#request.settings;
    if (resumeFrom === undefined || ledger.state.rollbacks.includes(resumeFrom)) return;
    await ledger.findCheckpoint(resumeFrom);
    await unpublish(storageFor(output), output);
    const { finishedTasks } = ledger.state;
    if (!(await ledger.rollBack(resumeFrom))) return;
    // Another coordinator may have been about to say that it is finished.
    await unpublish(storageFor(output), output);
    this.#request.onEvent({
      type: "rolled-back",
      to: resumeFrom,
      finishedTasks: ledger.state.finishedTasks,
      undoneTasks: Math.max(0, finishedTasks - ledger.state.finishedTasks),
    });
  }

  #isInterrupted(): boolean {
    return this.#fatal === undefined && this.#drainSignal !== undefined;
  }

  /** Undefined when the run was interrupted before it began. */
  async #begin(ledger: Ledger, store: LedgerStore): Promise<StartEntry | undefined> {
    const { plan, catalog, settings, onEvent } = this.#request;
    const resumed = ledger.start === undefined ? null : { finishedTasks: ledger.state.finishedTasks };
    const source = await openPlanSource(plan, catalog);
    try {
      const start = await beginRun(ledger, store, plan, catalog, settings, () =>
        source.splits(this.#inputListing.signal),
      );
      onEvent({
        type: "run-started",
        runId: start.runId,
        planHash: start.planHash,
        destination: settings.output,
        resumed,
      });
      onEvent({
        type: "input-listed",
        splits: start.input.splits,
        bytes: start.input.bytes,
        samples: start.input.samples,
      });
      const shortage = resumed === null ? await spaceShortage(plan, catalog, settings.output, start.input) : undefined;
      if (shortage !== undefined) onEvent({ type: "disk-space-short", ...shortage });
      return start;
    } catch (error) {
      if (this.#drainSignal !== undefined) return undefined;
      throw error;
    } finally {
      await source.close?.();
    }
  }

  /** Whether every task of every stage is done. */
  async #runStages(ledger: Ledger, store: LedgerStore, start: StartEntry, work: LedgerWork): Promise<boolean> {
    let spool: SpoolShards = new Map();
    for (const stage of this.#request.plan.stages) {
      const isDone = await this.#runStage(ledger, store, start, stage, spool, work);
      if (!isDone) return false;
      if (stage.index < this.#request.plan.stages.length - 1) spool = await spoolShardsOf(ledger, stage);
    }
    const retry = ledger.state.retries.length === 0 ? undefined : retryStage(this.#request.plan);
    return retry === undefined || this.#runStage(ledger, store, start, retry, new Map(), work);
  }

  async #runStage(
    ledger: Ledger,
    store: LedgerStore,
    start: StartEntry,
    stage: Stage,
    spool: SpoolShards,
    work: LedgerWork,
  ): Promise<boolean> {
    const { executor, settings, onEvent } = this.#request;
    const tasks = taskCount(ledger, start, stage, spool);
    onEvent({ type: "stage-started", stage: stage.index, tasks, finishedTasks: ledger.finishedTasksOf(stage.index) });
    const commits = new GroupCommit(
      ledger,
      settings.checkpointIntervalSeconds,
      settings.keepCheckpoints,
      (name, count, seconds) => onEvent({ type: "checkpoint-written", name, tasks: count, seconds }),
      (error) => this.#stop(error),
    );
    const stageRun: StageRun = new StageRun(
      executor,
      new StageTasks(pendingTasks(ledger, store, start, stage, spool), work, executor.slots, this.#stopped.signal),
      settings.maxAttempts,
      {
        taskFinished: (receipt) => {
          commits.add(receipt);
          work.release(receipt);
          onEvent({ type: "task-finished", receipt });
        },
        taskFailed: (task, error, willRetry) => {
          const id = { stage: task.stage, split: task.split };
          onEvent({ type: "task-failed", task: id, attempt: task.attempt, error: errorRecord(error), willRetry });
        },
        sampleCondemned: (task, sample) => onEvent({ type: "sample-condemned", task, sample }),
      },
      () => this.#shouldStop(stageRun.unfinished),
    );
    await stageRun.run();
    await commits.flush().catch((error: unknown) => this.#stop(error));
    this.#failedTasks.push(...stageRun.failedTasks);
    this.#fatal ??= stageRun.fatal;
    return this.#fatal === undefined && ledger.finishedTasksOf(stage.index) === tasks;
  }

  #shouldStop(unfinished = nothingUnfinished): boolean {
    if (this.#drainSignal !== undefined || this.#fatal !== undefined) return true;
    const read = this.#accounts().totals.read + unfinished.read;
    if (read >= minSamplesToJudge || unfinished.condemned >= minCondemnedToJudge)
      this.#fatal = this.#tooManyFailures(unfinished);
    return this.#fatal !== undefined;
  }

  #stop(cause: unknown): void {
    this.#fatal ??= asPipelineError(cause, "STORAGE_FAILED", "writing a checkpoint failed");
  }

  /** Why a run whose tasks are all done must not be published. */
  #verdict(): PipelineError | undefined {
    const { imbalances } = this.#accounts();
    if (imbalances.length > 0)
      return new PipelineError("NOT_BALANCED", `the accounting does not add up: ${imbalances.join("; ")}`);
    if (this.#accounts().totals.read === 0) {
      return new PipelineError("NO_SAMPLES", "the run finished without reading a sample: expected at least one");
    }
    return this.#tooManyFailures(nothingUnfinished);
  }

  #tooManyFailures(unfinished: StageRun["unfinished"]): PipelineError | undefined {
    const limit = this.#request.settings.maxFailureRatio;
    const { read, children, ...totals } = this.#accounts().totals;
    const failed = totals.failed + unfinished.condemned;
    const of = read + children + unfinished.read;
    if (failed <= limit * of) return undefined;
    return new PipelineError(
      "FAILURES_ABOVE_LIMIT",
      `${failed} of ${of} samples failed (${((failed / of) * 100).toFixed(1)} %): expected at most ${(limit * 100).toFixed(1)} % (run.maxFailureRatio)`,
      { details: { failed, of, limit } },
    );
  }

  #accounts(): RunAccounts {
    return runAccounts(this.#ledger?.state ?? new LedgerState(), this.#request.plan.stages.length);
  }

  #summary(outcome: RunOutcome, wasComplete: boolean): RunSummary {
    const { run: accounting, shards } = this.#accounts();
    const error = this.#fatal ?? (outcome === "failed" ? this.#failedTasks[0]?.error : undefined);
    return {
      outcome,
      runId: this.#ledger?.start?.runId ?? "",
      destination: this.#request.settings.output,
      accounting,
      shards: shards.count,
      shardBytes: shards.bytes,
      failedTasks: this.#failedTasks.map(({ task, error }) => ({ task, error: errorRecord(error) })),
      error: error === undefined ? null : errorRecord(error),
      seconds: (performance.now() - this.#started) / 1000,
      wasComplete,
    };
  }

  #workerSetup() {
    const { plan, settings } = this.#request;
    return {
      plan,
      planHash: planHash(plan),
      destination: settings.output,
      batchSize: settings.batchSize,
      memoryBudgetBytes: Math.max(1, Math.floor(settings.memoryBudgetBytes / settings.workers)),
      concurrency: samplesAtOnce,
      sampleTimeoutSeconds: settings.sampleTimeoutSeconds,
      stallTimeoutSeconds: settings.stallTimeoutSeconds,
    };
  }

  #taskObserver(): TaskObserver {
    const { onEvent } = this.#request;
    return {
      taskStarted: (worker, task, attempt) => onEvent({ type: "task-started", worker, task, attempt }),
      progress: (task, attempt, progress) => onEvent({ type: "task-progressed", task, attempt, progress }),
      activity: (worker, activity) => onEvent({ type: "worker-activity", worker, activity }),
      workerStarted: (worker, processId) => onEvent({ type: "worker-started", worker, processId }),
      workerStalled: (worker, stall) => onEvent({ type: "worker-stalled", worker, stall }),
      workerLost: (worker, reason) => onEvent({ type: "worker-lost", worker, reason }),
      workerOutput: (worker, text) => onEvent({ type: "worker-output", worker, text }),
    };
  }
}

/** Enough to keep a worker's native threads busy while its own thread reads and writes. */
const samplesAtOnce = 4;
