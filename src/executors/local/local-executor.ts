import path from "node:path";
import { type Executor, type Task, type TaskObserver, WorkerLost, type WorkerSetup } from "../../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../../contract/preflight.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { PipelineError } from "../../model/errors.ts";
import { ownMemoryGauge } from "../../worker/memory-gauge.ts";
import { Changes } from "../changes.ts";
import { MemoryGuard } from "./memory-guard.ts";
import { type MeasuredWorker, MemoryReport } from "./memory-report.ts";
import { MemoryReservations } from "./memory-reservations.ts";
import { placeText } from "./whereabouts.ts";
import { workerEnvironment } from "./worker-environment.ts";
import { WorkerProcess } from "./worker-process.ts";
import { WorkerWatch } from "./worker-watch.ts";

export interface LocalExecutorOptions {
  /** Processes, and so tasks at once. */
  readonly workers: number;
  /** Module that exports `builtinCatalog` or `catalog`; workers import it. */
  readonly catalogModule: URL;
  /**
   * Workers of this machine that share its memory and cores, those of other executors included; `workers` unless
   * others are said to be there.
   */
  readonly sharers?: number;
  /** A worker that `prestartWorker` started; the executor closes it. */
  readonly firstWorker?: WorkerProcess;
  /** Folder that each worker writes its CPU profile to when it drains; see `workerProfileName`. None without it. */
  readonly profileFolder?: string;
}

/** Name of the CPU profile of the worker with this number. */
export function workerProfileName(worker: number): string {
  return `worker-${worker}.cpuprofile`;
}

/**
 * Worker processes on this machine, one task each. They start when a task for them is there or expected, the first
 * when the executor opens; a process that is lost is replaced before its slot's next task.
 */
export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  return new LocalExecutor(options);
}

const mostFirstStarts = 3;

interface Slot {
  readonly index: number;
  worker: WorkerProcess | undefined;
  watch: WorkerWatch | undefined;
  /** Settled once the worker has opened the plan, or cannot. */
  opened: Promise<void> | undefined;
  isBusy: boolean;
}

class LocalExecutor implements Executor {
  readonly #options: LocalExecutorOptions;
  readonly #slots: readonly Slot[];
  readonly #gauge = ownMemoryGauge();
  readonly #guard = new MemoryGuard(
    this.#gauge,
    () => this.#livingWorkers(),
    () => this.#sharers - this.slots,
  );
  readonly #memory = new MemoryReport(
    () => this.#measuredWorkers(),
    (worker, residentBytes, grownBytes) => this.#observer?.workerMemory(worker, residentBytes, grownBytes),
  );
  readonly #reservations = new MemoryReservations(this.#gauge);
  #prestarted: WorkerProcess | undefined;
  #setup: WorkerSetup | undefined;
  #observer: TaskObserver | undefined;
  #trying: WorkerProcess | undefined;
  readonly #freed = new Changes();
  #isClosed = false;

  constructor(options: LocalExecutorOptions) {
    this.#options = options;
    this.#prestarted = options.firstWorker;
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      index,
      worker: undefined,
      watch: undefined,
      opened: undefined,
      isBusy: false,
    }));
  }

  get slots(): number {
    return this.#slots.length;
  }

  get #sharers(): number {
    return this.#options.sharers ?? this.slots;
  }

  async open(setup: WorkerSetup, observer: TaskObserver): Promise<void> {
    this.#setup = setup;
    this.#observer = observer;
    this.#guard.start();
    this.#memory.start();
    const [first] = this.#slots;
    if (first !== undefined) await this.#startFirst(first, observer);
  }

  expectTasks(tasks: number): void {
    if (this.#isClosed) return;
    for (const slot of this.#slots.slice(0, tasks)) {
      if (slot.worker === undefined) void this.#startEarly(slot);
    }
  }

  /** Never rejects: why the worker cannot open the plan is told to its first task, and one that is lost is replaced for it. */
  async #startEarly(slot: Slot): Promise<void> {
    try {
      await this.#start(slot);
    } catch (error) {
      // A task that waits for the slot tells of it itself.
      if (error instanceof WorkerLost && !slot.isBusy && !this.#isClosed)
        this.#observer?.workerLost(slot.index, error.end, lossText(error));
    }
  }

  async vacancy(_stage: number, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && this.#slots.every((slot) => slot.isBusy)) await this.#freed.next(stopped);
  }

  async run(task: Task): Promise<Receipt> {
    const free = this.#slots.filter((slot) => !slot.isBusy);
    const slot = free.find((candidate) => candidate.opened !== undefined) ?? free[0];
    if (slot === undefined)
      throw new PipelineError("PROTOCOL", `a task was handed out while all ${this.slots} slots are busy`);
    slot.isBusy = true;
    try {
      const worker = await this.#workerOf(slot);
      this.#observer?.taskStarted(slot.index, { stage: task.stage, split: task.split }, task.attempt);
      const receipt = worker.run(task);
      return await (slot.watch?.during(receipt) ?? receipt);
    } catch (error) {
      if (error instanceof WorkerLost && !this.#isClosed)
        this.#observer?.workerLost(slot.index, error.end, lossText(error));
      throw error;
    } finally {
      // A worker that is lost gives nothing back itself.
      this.#reservations.release(slot.index);
      slot.isBusy = false;
      this.#freed.tell();
      if (!this.#isClosed) this.#observer?.activity(slot.index, { doing: "idle" });
    }
  }

  async preflight(request: PreflightRequest): Promise<PreflightReport> {
    const worker = new WorkerProcess(workerEnvironment(this.#sharers));
    this.#trying = worker;
    try {
      return await worker.preflight(this.#options.catalogModule.href, request);
    } finally {
      await worker.close("now");
    }
  }

  async close(how: "drain" | "now"): Promise<void> {
    this.#isClosed = true;
    await Promise.all([
      this.#prestarted?.close("now"),
      this.#trying?.close("now"),
      ...this.#slots.map(async (slot) => slot.worker?.close(how)),
    ]);
    this.#guard.stop();
    this.#memory.stop();
  }

  #livingWorkers(): readonly WorkerProcess[] {
    return this.#slots.flatMap(({ worker }) => (worker === undefined || worker.loss !== undefined ? [] : [worker]));
  }

  #measuredWorkers(): readonly MeasuredWorker[] {
    return this.#slots.flatMap(({ index, worker }) =>
      worker === undefined || worker.loss !== undefined ? [] : [{ index, processId: worker.processId }],
    );
  }

  async #workerOf(slot: Slot): Promise<WorkerProcess> {
    if (slot.worker === undefined || slot.worker.loss !== undefined) await this.#start(slot);
    await slot.opened;
    if (slot.worker === undefined)
      throw new PipelineError("PROTOCOL", "a task was handed out before the executor was opened");
    return slot.worker;
  }

  /** A worker that ends while it starts may do so for reasons of its own; one after the other means the plan. */
  async #startFirst(slot: Slot, observer: TaskObserver): Promise<void> {
    for (let start = 1; ; start++) {
      try {
        await this.#start(slot);
        return;
      } catch (error) {
        const loss = slot.worker?.loss;
        if (loss === undefined || start === mostFirstStarts || this.#isClosed) throw error;
        observer.workerLost(slot.index, loss.end, lossText(loss));
      }
    }
  }

  async #start(slot: Slot): Promise<void> {
    const observer = this.#observer;
    const setup = this.#setup;
    if (observer === undefined || setup === undefined || this.#isClosed) {
      throw new PipelineError("WORKER_LOST", "the executor is not open: no worker can be started");
    }
    const worker = this.#prestarted ?? new WorkerProcess(workerEnvironment(this.#sharers));
    this.#prestarted = undefined;
    worker.observe({
      message: (message) => {
        if (message.type === "progress") observer.progress(message.task, message.attempt, message.progress);
        else if (message.type === "activity") observer.activity(slot.index, message.activity);
        else observer.storageRequests(message.requests);
      },
      output: (text) => observer.workerOutput(slot.index, text),
      reserve: (bytes) => this.#reservations.request(slot.index, bytes, () => worker.grant()),
      release: () => this.#reservations.release(slot.index),
    });
    slot.worker = worker;
    observer.workerStarted(slot.index, worker.processId, null);
    observer.activity(slot.index, { doing: "starting" });
    slot.watch = new WorkerWatch(worker, setup, (stall) => observer.workerStalled(slot.index, stall));
    const { profileFolder } = this.#options;
    const profile = profileFolder === undefined ? undefined : path.join(profileFolder, workerProfileName(slot.index));
    slot.opened = slot.watch.during(worker.open(this.#options.catalogModule.href, setup, profile));
    await slot.opened;
    this.#memory.tellOf({ index: slot.index, processId: worker.processId });
  }
}

function lossText({ how, whereabouts }: WorkerLost): string {
  return whereabouts === null ? how : `${how}, ${placeText(whereabouts)}`;
}
