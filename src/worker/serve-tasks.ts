import type { Duplex } from "node:stream";
import type { Catalog } from "../contract/catalog.ts";
import type { Task, WorkerSetup } from "../contract/executor.ts";
import { stageAt } from "../contract/plan.ts";
import type { PreflightRequest } from "../contract/preflight.ts";
import { asPipelineError, errorRecord, PipelineError } from "../model/errors.ts";
import type { CpuProfiler } from "./cpu-profiler.ts";
import { encodeFrame, FrameDecoder } from "./frame.ts";
import { Journal } from "./journal.ts";
import { type FromWorker, isToWorker, type ToWorker, unknownMessage } from "./message.ts";
import { type OpenedStage, openStage } from "./open-stage.ts";
import type { Standing } from "./standing.ts";

/** Room for what a quarantine record leaves out of a stack: V8 keeps only the ten frames on top otherwise. */
const stackFrames = 24;

/**
 * Serves one peer until it says `close` or the stream ends; the file of that descriptor is its journal.
 * Rejects with PROTOCOL when the peer is not understood.
 */
export async function serveTasks(stream: Duplex, journalDescriptor: number): Promise<void> {
  Error.stackTraceLimit = stackFrames;
  const worker = new Worker(new Journal(journalDescriptor), (message) => {
    stream.write(encodeFrame(message));
  });
  const decoder = new FrameDecoder();
  for await (const chunk of stream) {
    for (const { header } of decoder.push(chunk)) {
      if (!isToWorker(header)) throw unknownMessage(header);
      if (header.type === "close") {
        await worker.close();
        return;
      }
      if (header.type === "ask") {
        worker.answer();
        continue;
      }
      if (header.type === "granted") {
        worker.granted();
        continue;
      }
      // Not awaited: the socket must be read while a task runs. Messages come one after the other's answer.
      void worker.receive(header);
    }
  }
  // The peer is gone: what the running task would still do can never count.
  worker.abort();
}

class Worker {
  readonly #journal: Journal;
  readonly #send: (message: FromWorker) => void;
  readonly #abort = new AbortController();
  #catalog: Catalog | undefined;
  #setup: WorkerSetup | undefined;
  #profiler: CpuProfiler | undefined;
  #stage: { readonly index: number; readonly opened: OpenedStage } | undefined;
  #busy: Promise<void> = Promise.resolve();
  #granted: (() => void) | undefined;
  #standing: (() => Standing) | undefined;

  constructor(journal: Journal, send: (message: FromWorker) => void) {
    this.#journal = journal;
    this.#send = send;
  }

  answer(): void {
    this.#send({ type: "standing", standing: this.#standing?.() ?? null });
  }

  receive(message: ToWorker & { readonly type: "open" | "run" | "preflight" }): Promise<void> {
    this.#busy = this.#answer(message);
    return this.#busy;
  }

  /** The memory that was asked for may be taken. */
  granted(): void {
    this.#granted?.();
    this.#granted = undefined;
  }

  /** Ends the running task, and what its steps wait for, at the next point where they can. */
  abort(): void {
    this.#abort.abort();
  }

  async close(): Promise<void> {
    await this.#busy;
    await this.#stage?.opened.close();
    await this.#profiler?.finish();
  }

  #answer(message: ToWorker & { readonly type: "open" | "run" | "preflight" }): Promise<void> {
    switch (message.type) {
      case "open":
        return this.#open(message);
      case "preflight":
        return this.#preflight(message.catalogModule, message.request);
      case "run":
        return this.#run(message.task);
    }
  }

  async #open({ catalogModule, setup, profile }: ToWorker & { readonly type: "open" }): Promise<void> {
    try {
      if (profile !== undefined) {
        const { startCpuProfiler } = await import("./cpu-profiler.ts");
        this.#profiler = await startCpuProfiler(profile);
      }
      this.#catalog = await importCatalog(catalogModule);
      this.#setup = setup;
      await this.#openStage(0);
      this.#send({ type: "ready" });
    } catch (cause) {
      this.#send({
        type: "open-failed",
        error: errorRecord(asPipelineError(cause, "OPERATOR_UNAVAILABLE", "the worker cannot open the plan")),
      });
    }
  }

  async #preflight(catalogModule: string, request: PreflightRequest): Promise<void> {
    try {
      const catalog = await importCatalog(catalogModule);
      const { preflight } = await import("./preflight.ts");
      this.#send({ type: "preflighted", report: await preflight(request, catalog, this.#abort.signal) });
    } catch (cause) {
      this.#send({
        type: "open-failed",
        error: errorRecord(asPipelineError(cause, "OPERATOR_UNAVAILABLE", "the worker cannot try the plan")),
      });
    }
  }

  async #run(task: Task): Promise<void> {
    try {
      const stage = await this.#openStage(task.stage);
      this.#journal.beginTask({ stage: task.stage, split: task.split });
      const receipt = await stage.runTask(
        task,
        {
          journal: this.#journal,
          answerWith: (standing) => {
            this.#standing = standing;
          },
          progress: (progress) =>
            this.#send({
              type: "progress",
              task: { stage: task.stage, split: task.split },
              attempt: task.attempt,
              progress,
            }),
          activity: (activity) => this.#send({ type: "activity", activity }),
          storageRequests: (requests) => this.#send({ type: "storage-requests", requests }),
        },
        (bytes) => this.#reserve(bytes),
        this.#abort.signal,
      );
      this.#endTask();
      this.#send({ type: "done", receipt });
    } catch (cause) {
      this.#endTask();
      this.#send({
        type: "failed",
        error: errorRecord(asPipelineError(cause, "TASK_FAILED", `split ${task.split} failed`)),
      });
    }
  }

  #reserve(bytes: number): Promise<() => void> {
    return new Promise((resolve) => {
      this.#granted = () => resolve(() => this.#send({ type: "release" }));
      this.#send({ type: "reserve", bytes });
    });
  }

  #endTask(): void {
    this.#standing = undefined;
    this.#journal.endTask();
  }

  /** One stage is open at a time: tasks come stage by stage. */
  async #openStage(index: number): Promise<OpenedStage> {
    if (this.#stage?.index === index) return this.#stage.opened;
    const stage = this.#setup === undefined ? undefined : stageAt(this.#setup.plan, index);
    if (this.#setup === undefined || this.#catalog === undefined || stage === undefined) {
      throw new PipelineError("PROTOCOL", `a task of stage ${index} came before the plan that has it`);
    }
    await this.#stage?.opened.close();
    this.#stage = undefined;
    const opened = await openStage(this.#setup, stage, this.#catalog, this.#abort.signal);
    this.#stage = { index, opened };
    return opened;
  }
}

async function importCatalog(catalogModule: string): Promise<Catalog> {
  const module: { readonly catalog?: Catalog; readonly builtinCatalog?: Catalog } = await import(catalogModule);
  const catalog = module.builtinCatalog ?? module.catalog;
  if (catalog !== undefined) return catalog;
  throw new PipelineError("PROTOCOL", `${catalogModule} exports neither \`builtinCatalog\` nor \`catalog\``);
}
