import type { Executor, Task, TaskObserver, WorkerSetup } from "../../contract/executor.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { PipelineError } from "../../model/errors.ts";
import { WorkerProcess } from "./worker-process.ts";
import { workerEnvironment } from "./worker-environment.ts";

export interface LocalExecutorOptions {
  /** Processes, and so tasks at once. */
  readonly workers: number;
  /** Module that exports `builtinCatalog` or `catalog`; workers import it. */
  readonly catalogModule: URL;
}

/** Worker processes on this machine, one task each. A process that is lost is replaced before its slot's next task. */
export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  return new LocalExecutor(options);
}

interface Slot {
  readonly index: number;
  worker: WorkerProcess | undefined;
  isBusy: boolean;
}

class LocalExecutor implements Executor {
  readonly #options: LocalExecutorOptions;
  readonly #slots: readonly Slot[];
  #setup: WorkerSetup | undefined;
  #observer: TaskObserver | undefined;
  #isClosed = false;

  constructor(options: LocalExecutorOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({ index, worker: undefined, isBusy: false }));
  }

  get slots(): number {
    return this.#slots.length;
  }

  async open(setup: WorkerSetup, observer: TaskObserver): Promise<void> {
    this.#setup = setup;
    this.#observer = observer;
    // All processes start at once, and a job that is done before the others are up does not wait for them.
    const starting = this.#slots.map((slot) => this.#start(slot));
    for (const start of starting) start.catch(() => undefined);
    await Promise.any(starting).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  }

  async run(task: Task): Promise<Receipt> {
    const slot = this.#slots.find((candidate) => !candidate.isBusy);
    if (slot === undefined)
      throw new PipelineError("PROTOCOL", `a task was handed out while all ${this.slots} slots are busy`);
    slot.isBusy = true;
    try {
      const worker = await this.#workerOf(slot);
      this.#observer?.taskStarted(slot.index, { stage: task.stage, split: task.split }, task.attempt);
      return await worker.run(task);
    } catch (error) {
      if (slot.worker?.lostReason !== undefined && !this.#isClosed)
        this.#observer?.workerLost(slot.index, slot.worker.lostReason);
      throw error;
    } finally {
      slot.isBusy = false;
      if (!this.#isClosed) this.#observer?.activity(slot.index, { doing: "idle" });
    }
  }

  async close(how: "drain" | "now"): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#slots.map((slot) => slot.worker?.close(how)));
  }

  async #workerOf(slot: Slot): Promise<WorkerProcess> {
    const opening = this.#opening.get(slot.index);
    if (opening !== undefined && slot.worker?.lostReason === undefined) await opening;
    if (slot.worker === undefined || slot.worker.lostReason !== undefined) await this.#start(slot);
    if (slot.worker === undefined)
      throw new PipelineError("PROTOCOL", "a task was handed out before the executor was opened");
    return slot.worker;
  }

  readonly #opening = new Map<number, Promise<void>>();

  #start(slot: Slot): Promise<void> {
    const observer = this.#observer;
    const setup = this.#setup;
    if (observer === undefined || setup === undefined || this.#isClosed) {
      return Promise.reject(new PipelineError("WORKER_LOST", "the executor is closed", { isRetryable: false }));
    }
    const worker = new WorkerProcess(workerEnvironment(this.slots), {
      message: (message) => {
        if (message.type === "progress") observer.progress(message.task, message.attempt, message.progress);
        else observer.activity(slot.index, message.activity);
      },
      output: (text) => observer.workerOutput(slot.index, text),
    });
    slot.worker = worker;
    observer.workerStarted(slot.index, worker.processId);
    observer.activity(slot.index, { doing: "starting" });
    const opening = worker.open(this.#options.catalogModule.href, setup);
    this.#opening.set(slot.index, opening);
    return opening;
  }
}
