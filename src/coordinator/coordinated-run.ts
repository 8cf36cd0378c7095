import { openPlanSource } from "../contract/open-plan-source.ts";
import { retryStage, type Stage } from "../contract/plan.ts";
import type { RunOutcome, RunSummary } from "../contract/run-event.ts";
import type { Split } from "../contract/source.ts";
import type { StartEntry } from "../ledger/entry.ts";
import { Ledger } from "../ledger/ledger.ts";
import { LedgerState } from "../ledger/ledger-state.ts";
import { type LedgerStore, storedLedger } from "../ledger/ledger-store.ts";
import { unpublish } from "../ledger/manifest.ts";
import { asPipelineError, errorRecord, PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { takeRequests } from "../storage/request-tally.ts";
import { GroupCommit } from "./group-commit.ts";
import { inputTotals } from "./input-totals.ts";
import { withRoomForMany } from "./long-listing.ts";
import { redoMissingFiles } from "./missing-files.ts";
import { beginRun } from "./prepare-run.ts";
import { spaceShortage } from "./prove-output.ts";
import { publishOnce } from "./publish-once.ts";
import { isPublishedAs } from "./published.ts";
import { type RunAccounts, runAccounts } from "./run-accounts.ts";
import type { RunRequest } from "./run-request.ts";
import { earlyVerdict, finalVerdict, type UnfinishedSamples } from "./run-verdict.ts";
import { LedgerWork } from "./shared-work.ts";
import { pendingTasks, type SpoolShards, spoolShardsOf, taskCount } from "./stage-input.ts";
import { type FailedTask, StageRun } from "./stage-run.ts";
import { StageTasks } from "./stage-tasks.ts";
import { removeSuperseded } from "./superseded.ts";
import { eventsOfTasks, workerSetupOf } from "./worker-setup.ts";

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
  #hasCheckpointFailed = false;
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
    const opening = executor.open(workerSetupOf(this.#request), eventsOfTasks(this.#request.onEvent));
    // Its failure is awaited below; until then it must not count as unhandled.
    opening.catch(() => undefined);
    try {
      const summary = await this.#run(opening);
      this.#hasEnded = true;
      this.#tellRequests();
      this.#request.onEvent({ type: "run-finished", summary });
      return summary;
    } finally {
      await executor.close(this.#fatal === undefined ? "drain" : "now");
    }
  }

  async #run(opening: Promise<void>): Promise<RunSummary> {
    const { plan, settings } = this.#request;
    const { output } = settings;
    const store = storedLedger(storageFor(settings.checkpoints), settings.checkpoints);
    const ledger = await Ledger.open(store);
    this.#ledger = ledger;
    await this.#goBack(ledger);
    const start = await this.#begin(ledger, store);
    if (start === undefined) return this.#summary("interrupted", false);
    if (ledger.state.isFinished && (await isPublishedAs(ledger.state, plan, storageFor(output), output))) {
      return this.#summary("succeeded", true);
    }
    // Work that became undone may have been published before, and files of other attempts removed then.
    if (ledger.state.epoch > 0 && !ledger.state.isFinished) await redoMissingFiles(ledger, storageFor(output), output);
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
    // Once, unless somebody goes back to an earlier checkpoint or adds input meanwhile: then there is work again.
    for (;;) {
      const { workVersion } = ledger.state;
      const isComplete = ledger.state.isFinished || (await this.#runStages(ledger, store, start, work));
      if (ledger.state.workVersion !== workVersion && !this.#shouldStop()) continue;
      if (!isComplete) return this.#summary(this.#isInterrupted() ? "interrupted" : "failed", false);
      this.#fatal = finalVerdict(this.#accounts(), settings.maxFailureRatio);
      if (this.#fatal !== undefined) return this.#summary("failed", false);
      if (!(await ledger.finish(workVersion))) continue;
      const isOurs = await publishOnce(ledger, work, plan, settings, this.#stopped.signal);
      if (ledger.state.workVersion === workVersion) return this.#summary(isOurs ? "succeeded" : "interrupted", false);
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
    const { plan, catalog, settings, ownsProcess, onEvent } = this.#request;
    const resumed = ledger.start === undefined ? null : { finishedTasks: ledger.state.finishedTasks };
    const source = await openPlanSource(plan, catalog);
    try {
      const start = await beginRun(ledger, store, plan, catalog, settings, () => {
        const splits = this.#expectingTasks(source.splits(this.#inputListing.signal));
        return ownsProcess === true ? withRoomForMany(splits) : splits;
      });
      onEvent({
        type: "run-started",
        runId: start.runId,
        planHash: start.planHash,
        destination: settings.output,
        stages: plan.stages.length,
        resumed,
      });
      onEvent({ type: "input-listed", ...inputTotals(ledger.state.input) });
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

  /** The splits, as they come: each is a task of the first stage, and a worker can start for it before all are known. */
  async *#expectingTasks(splits: AsyncIterable<Split>): AsyncGenerator<Split> {
    const { executor } = this.#request;
    let tasks = 0;
    for await (const split of splits) {
      if (++tasks <= executor.slots) executor.expectTasks?.(tasks);
      yield split;
    }
  }

  /** Whether every task of every stage is done. */
  async #runStages(ledger: Ledger, store: LedgerStore, start: StartEntry, work: LedgerWork): Promise<boolean> {
    const { output } = this.#request.settings;
    let spool: SpoolShards = new Map();
    for (const stage of this.#request.plan.stages) {
      const isDone = await this.#runStage(ledger, store, start, stage, spool, work);
      if (!isDone) return false;
      if (stage.index < this.#request.plan.stages.length - 1)
        spool = await spoolShardsOf(ledger, stage, storageFor(output), output);
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
    const commits = new GroupCommit(ledger, settings.checkpointIntervalSeconds, settings.keepCheckpoints, {
      checkpointWritten: (name, receipts, seconds) => {
        // Until a checkpoint lists them nobody else can know that they are done.
        work.release(receipts);
        onEvent({ type: "checkpoint-written", name, tasks: receipts.length, seconds });
        this.#tellRequests();
      },
      superseded: (receipts) => removeSuperseded(ledger, storageFor(settings.output), settings.output, receipts),
      failed: (error) => this.#stop(error),
    });
    const stageRun: StageRun = new StageRun(
      executor,
      stage.index,
      new StageTasks(pendingTasks(ledger, store, start, stage, spool), work, executor.slots, this.#stopped.signal),
      settings.maxAttempts,
      {
        taskFinished: (receipt) => {
          commits.add(receipt);
          onEvent({ type: "task-finished", receipt });
        },
        taskFailed: (task, error, willRetry) => {
          const id = { stage: task.stage, split: task.split };
          onEvent({ type: "task-failed", task: id, attempt: task.attempt, error: errorRecord(error), willRetry });
        },
        sampleCondemned: (task, sample) => onEvent({ type: "sample-condemned", task, sample }),
      },
      () => this.#shouldStop(stageRun.unfinished),
      this.#stopped.signal,
    );
    await stageRun.run();
    await commits.flush().catch((error: unknown) => this.#stop(error));
    this.#failedTasks.push(...stageRun.failedTasks);
    this.#fatal ??= stageRun.fatal;
    return this.#fatal === undefined && ledger.finishedTasksOf(stage.index) === tasks;
  }

  /** Those of this process; its workers tell of theirs. */
  #tellRequests(): void {
    const requests = takeRequests();
    if (requests.length > 0) this.#request.onEvent({ type: "storage-requests", requests });
  }

  #shouldStop(unfinished?: UnfinishedSamples): boolean {
    if (this.#drainSignal !== undefined || this.#fatal !== undefined) return true;
    this.#fatal = earlyVerdict(this.#accounts(), this.#request.settings.maxFailureRatio, unfinished);
    return this.#fatal !== undefined;
  }

  #stop(cause: unknown): void {
    const error = asPipelineError(cause, "STORAGE_FAILED", "writing a checkpoint failed");
    this.#fatal ??= error;
    if (this.#hasCheckpointFailed) return;
    this.#hasCheckpointFailed = true;
    this.#request.onEvent({ type: "checkpoint-failed", error: errorRecord(error) });
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
}
