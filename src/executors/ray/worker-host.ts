import type { Executor, TaskObserver } from "../../contract/executor.ts";
import { WorkerLost } from "../../contract/executor.ts";
import { asPipelineError, errorRecord, PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { storageFor } from "../../storage/open-storage.ts";
import type { FrameLink } from "./frame-link.ts";
import { type FromHost, isToHost, type ToHost } from "./host-message.ts";

/**
 * One worker of this machine, for a coordinator elsewhere: passes requests on to an executor with one slot, and what
 * that tells back. So a worker of a cluster is watched, isolated and ended as one of the coordinator's own machine.
 */
export class WorkerHost {
  readonly #link: FrameLink;
  readonly #createExecutor: (catalogModule: URL, sharers: number) => Executor;
  #executor: Executor | undefined;
  readonly ended: Promise<void>;
  #finish: () => void = () => undefined;

  constructor(link: FrameLink, createExecutor: (catalogModule: URL, sharers: number) => Executor) {
    this.#link = link;
    this.#createExecutor = createExecutor;
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    link.observe((header) => this.#receive(header));
    link.expectAnswers();
    // Without a coordinator nothing that is done here can count.
    void link.ended.then(() => this.close("now"));
  }

  /** Ends the worker. Idempotent. */
  async close(how: "drain" | "now"): Promise<void> {
    await this.#executor?.close(how);
    this.#link.end("it is closed");
    this.#finish();
  }

  #receive(header: JsonObject): void {
    if (!isToHost(header)) {
      this.#link.end(`unknown message ${JSON.stringify(header.type) ?? "without a type"}`);
      return;
    }
    if (header.type === "close") void this.close(header.how);
    else void this.#answer(header);
  }

  async #answer(request: Exclude<ToHost, { readonly type: "close" }>): Promise<void> {
    try {
      this.#send(await this.#do(request));
    } catch (thrown) {
      const error = asPipelineError(thrown, "TASK_FAILED", "the worker's host failed");
      const loss =
        error instanceof WorkerLost ? { end: error.end, whereabouts: error.whereabouts, how: error.how } : null;
      this.#send({ type: "failed", error: errorRecord(error), loss });
    }
  }

  async #do(request: Exclude<ToHost, { readonly type: "close" }>): Promise<FromHost> {
    switch (request.type) {
      case "open": {
        this.#executor = this.#createExecutor(new URL(request.catalogModule), request.sharers);
        await this.#executor.open(request.setup, this.#observer());
        return { type: "opened" };
      }
      case "run":
        for (const uri of request.mustSee) await mustSee(uri);
        return { type: "done", receipt: await this.#opened().run(request.task) };
      case "preflight": {
        const executor = this.#createExecutor(new URL(request.catalogModule), 1);
        this.#executor = executor;
        return { type: "preflighted", report: await executor.preflight(request.request) };
      }
    }
  }

  #opened(): Executor {
    if (this.#executor === undefined) throw new PipelineError("PROTOCOL", "a task came before the plan");
    return this.#executor;
  }

  #observer(): TaskObserver {
    return {
      // Known where the task was handed out.
      taskStarted: () => undefined,
      progress: (task, attempt, progress) => this.#send({ type: "progress", task, attempt, progress }),
      activity: (_worker, activity) => this.#send({ type: "activity", activity }),
      storageRequests: (requests) => this.#send({ type: "storage-requests", requests }),
      workerStarted: (_worker, processId) => this.#send({ type: "started", processId }),
      workerLost: (_worker, end, reason) => this.#send({ type: "lost", end, reason }),
      workerMemory: (_worker, residentBytes, grownBytes) => this.#send({ type: "memory", residentBytes, grownBytes }),
      workerStalled: (_worker, stall) => this.#send({ type: "stalled", stall }),
      workerOutput: (_worker, text) => this.#send({ type: "output", text }),
      clusterChanged: () => undefined,
    };
  }

  #send(message: FromHost): void {
    this.#link.send(message);
  }
}

async function mustSee(uri: string): Promise<void> {
  if ((await storageFor(uri).stat(uri)) !== undefined) return;
  throw new PipelineError(
    "STORAGE_NOT_SHARED",
    `${uri} is not to be seen on this node: expected a folder that every node has, or s3://`,
    { details: { uri } },
  );
}
