import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Task, WorkerSetup } from "../../contract/executor.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { errorFromRecord, PipelineError } from "../../model/errors.ts";
import { encodeFrame, FrameDecoder } from "../../worker/frame.ts";
import { type FromWorker, isFromWorker, type ToWorker, unknownMessage } from "../../worker/message.ts";

const keptOutputCharacters = 4000;
/**
 * A young generation of 4 MiB a semi-space instead of 16: samples are few and large, so collecting more
 * often costs no throughput that could be measured and saves some 25 MiB a worker.
 */
const nodeOptions = ["--max-semi-space-size=4", "--disable-warning=ExperimentalWarning"];

export interface WorkerProcessObserver {
  message(message: FromWorker & { readonly type: "progress" | "activity" }): void;
  output(text: string): void;
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: PipelineError) => void;
}

/** One worker process: started, spoken to in frames. Whoever waits for it when it ends is told so. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #socket: Duplex;
  #observer: WorkerProcessObserver | undefined;
  readonly ended: Promise<void>;
  #opening: Waiting<void> | undefined;
  #running: Waiting<Receipt> | undefined;
  #lastOutput = "";
  #lostReason: string | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    const { child, socket } = startWorker(environment);
    this.#child = child;
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#lose(`it could not be started: ${error.message}`));
      child.once("close", (code, signal) => {
        this.#lose(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => this.#keepOutput(text));
    }
    this.#listen();
  }

  /** From now on, tells of what the worker does; what it printed before is told at once. */
  observe(observer: WorkerProcessObserver): void {
    this.#observer = observer;
    if (this.#lastOutput !== "") observer.output(this.#lastOutput);
  }

  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Why the process ended, asked or not; undefined while it lives. */
  get lostReason(): string | undefined {
    return this.#lostReason;
  }

  /** Rejects with the step's own error when it cannot be opened, WORKER_LOST when the process ends. */
  open(catalogModule: string, setup: WorkerSetup): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#ask({ type: "open", catalogModule, setup });
    });
  }

  /** Rejects with the task's error, WORKER_LOST when the process ends. */
  run(task: Task): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#running = { resolve, reject };
      this.#ask({ type: "run", task });
    });
  }

  /** Resolves when the process is gone. */
  close(how: "drain" | "now"): Promise<void> {
    if (how === "now") this.#child.kill("SIGKILL");
    else this.#send({ type: "close" });
    return this.ended;
  }

  #ask(message: ToWorker): void {
    if (this.#lostReason === undefined) this.#send(message);
    else this.#rejectWaiting(this.#lost(this.#lostReason));
  }

  #send(message: ToWorker): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(message));
  }

  #listen(): void {
    const decoder = new FrameDecoder();
    this.#socket.on("data", (chunk: Uint8Array) => {
      try {
        for (const { header } of decoder.push(chunk)) {
          if (!isFromWorker(header)) throw unknownMessage(header);
          this.#receive(header);
        }
      } catch (error) {
        this.#lose(`it could not be understood: ${error instanceof Error ? error.message : String(error)}`);
        this.#child.kill("SIGKILL");
      }
    });
    // The end of the process is what counts; "close" of the child reports it.
    this.#socket.on("error", () => undefined);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.#opening?.resolve();
        this.#opening = undefined;
        break;
      case "done":
        this.#running?.resolve(message.receipt);
        this.#running = undefined;
        break;
      case "open-failed":
      case "failed":
        this.#rejectWaiting(errorFromRecord(message.error));
        break;
      case "progress":
      case "activity":
        this.#observer?.message(message);
    }
  }

  #keepOutput(text: string): void {
    this.#lastOutput = (this.#lastOutput + text).slice(-keptOutputCharacters);
    this.#observer?.output(text);
  }

  #rejectWaiting(error: PipelineError): void {
    this.#opening?.reject(error);
    this.#running?.reject(error);
    this.#opening = undefined;
    this.#running = undefined;
  }

  #lose(reason: string): void {
    if (this.#lostReason !== undefined) return;
    this.#lostReason = reason;
    this.#rejectWaiting(this.#lost(reason));
  }

  #lost(reason: string): PipelineError {
    const said = this.#lastOutput.trim();
    return new PipelineError(
      "WORKER_LOST",
      `worker process ${this.processId} is lost: ${reason}${said === "" ? "" : `; its last words: ${said.slice(-500)}`}`,
      {
        isRetryable: true,
        details: { processId: this.processId, reason },
      },
    );
  }
}

function startWorker(environment: NodeJS.ProcessEnv): { readonly child: ChildProcess; readonly socket: Duplex } {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const program = fileURLToPath(new URL(`../../worker/main${extension}`, import.meta.url));
  const child = spawn(process.execPath, [...nodeOptions, program], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const socket = child.stdio[3];
  if (!(socket instanceof Duplex)) {
    throw new PipelineError("PROTOCOL", "a worker process was started without its socket");
  }
  return { child, socket };
}
