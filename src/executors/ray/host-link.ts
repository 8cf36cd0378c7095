import { type Task, type TaskObserver, WorkerLost, type WorkerSetup } from "../../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../../contract/preflight.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { errorFromRecord, PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import type { FrameLink } from "./frame-link.ts";
import { type FromHost, type HostFailure, isFromHost, type ToHost } from "./host-message.ts";

type Answer = Extract<FromHost, { readonly type: "opened" | "done" | "preflighted" }>;

/** The coordinator's end of the connection to the host of one worker. One request at a time. */
export class HostLink {
  readonly #link: FrameLink;
  readonly #worker: number;
  readonly #node: string;
  readonly #observer: TaskObserver | undefined;
  #waiting: { resolve(answer: Answer): void; reject(error: PipelineError): void } | undefined;
  #loss: WorkerLost | undefined;
  /** Resolves with why, as part of a sentence, when the connection has ended. What was asked waits on for `lose`. */
  readonly ended: Promise<string>;

  /** Tells the observer of the worker by this number. */
  constructor(link: FrameLink, worker: number, node: string, observer: TaskObserver | undefined) {
    this.#link = link;
    this.#worker = worker;
    this.#node = node;
    this.#observer = observer;
    this.ended = link.ended;
    link.observe((header) => this.#receive(header));
    link.expectAnswers();
  }

  /** Rejects with the step's own error when the plan cannot be opened, WORKER_LOST when the host is lost. */
  async open(catalogModule: string, setup: WorkerSetup, sharers: number): Promise<void> {
    await this.#ask({ type: "open", catalogModule, setup, sharers });
  }

  async run(task: Task, mustSee: readonly string[]): Promise<Receipt> {
    const answer = await this.#ask({ type: "run", task, mustSee });
    if (answer.type === "done") return answer.receipt;
    throw new PipelineError("PROTOCOL", `a task was answered with ${answer.type}`);
  }

  async preflight(catalogModule: string, request: PreflightRequest): Promise<PreflightReport> {
    const answer = await this.#ask({ type: "preflight", catalogModule, request });
    if (answer.type === "preflighted") return answer.report;
    throw new PipelineError("PROTOCOL", `a preflight was answered with ${answer.type}`);
  }

  /** Resolves when the host is gone. */
  async close(how: "drain" | "now"): Promise<void> {
    this.#send({ type: "close", how });
    if (how === "now") this.#link.end("it is closed");
    await this.ended;
  }

  /** What is asked of it ends in this loss. Idempotent. */
  lose(loss: WorkerLost): void {
    this.#loss ??= loss;
    this.#waiting?.reject(this.#loss);
    this.#waiting = undefined;
    this.#link.end("it is lost");
  }

  #ask(request: ToHost): Promise<Answer> {
    if (this.#loss !== undefined) return Promise.reject(this.#loss);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#send(request);
    });
  }

  #send(request: ToHost): void {
    this.#link.send(request);
  }

  #receive(header: JsonObject): void {
    if (!isFromHost(header)) {
      this.lose(lostNode(this.#node, `unknown message ${JSON.stringify(header.type) ?? ""}`, "killed"));
      return;
    }
    switch (header.type) {
      case "opened":
      case "done":
      case "preflighted":
        this.#waiting?.resolve(header);
        this.#waiting = undefined;
        break;
      case "failed":
        this.#waiting?.reject(errorOf(header));
        this.#waiting = undefined;
        break;
      default:
        this.#tell(header);
    }
  }

  #tell(event: Exclude<FromHost, Answer | HostFailure>): void {
    const worker = this.#worker;
    switch (event.type) {
      case "started":
        return this.#observer?.workerStarted(worker, event.processId, this.#node);
      case "progress":
        return this.#observer?.progress(event.task, event.attempt, event.progress);
      case "activity":
        return this.#observer?.activity(worker, event.activity);
      case "storage-requests":
        return this.#observer?.storageRequests(event.requests);
      case "lost":
        return this.#observer?.workerLost(worker, event.end, event.reason);
      case "memory":
        return this.#observer?.workerMemory(worker, event.residentBytes, event.grownBytes);
      case "stalled":
        return this.#observer?.workerStalled(worker, event.stall);
      case "output":
        return this.#observer?.workerOutput(worker, event.text);
    }
  }
}

/** A worker that is lost with its node, its actor or the connection to them: no sample is to blame. */
export function lostNode(node: string, reason: string, end: "killed" | "memory"): WorkerLost {
  return new WorkerLost(`the worker on ${node} is lost: ${reason}`, { end, whereabouts: null, how: reason });
}

function errorOf({ error, loss }: HostFailure): PipelineError {
  return loss === null ? errorFromRecord(error) : new WorkerLost(error.message, loss);
}
