import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Task, WorkerEnd, WorkerSetup } from "../../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../../contract/preflight.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { errorFromRecord, PipelineError } from "../../model/errors.ts";
import { encodeFrame, FrameDecoder } from "../../worker/frame.ts";
import { MemoryGauge } from "../../worker/memory-gauge.ts";
import { type FromWorker, isFromWorker, type ToWorker, unknownMessage } from "../../worker/message.ts";
import { offerToKernel, outOfMemory } from "./memory-guard.ts";

const keptOutputCharacters = 4000;
/**
 * A young generation of 4 MiB a semi-space instead of 16: samples are few and large, so collecting more
 * often costs no throughput that could be measured and saves some 25 MiB a worker.
 */
const nodeOptions = ["--max-semi-space-size=4", "--expose-gc", "--disable-warning=ExperimentalWarning"];

export interface WorkerProcessObserver {
  message(message: FromWorker & { readonly type: "progress" | "activity" }): void;
  output(text: string): void;
  /** A sample of the worker's wants this much memory: see `grant`. */
  reserve(bytes: number): void;
  release(): void;
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
  #trying: Waiting<PreflightReport> | undefined;
  #lastOutput = "";
  #lostReason: string | undefined;
  readonly #gauge = new MemoryGauge();
  readonly #kernelKills = this.#gauge.kernelKills();

  constructor(environment: NodeJS.ProcessEnv) {
    const { child, socket } = startWorker(environment);
    offerToKernel(child.pid ?? 0);
    this.#child = child;
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#lose(`it could not be started: ${error.message}`));
      child.once("close", (code, signal) => {
        if (this.#ranOutOfMemory(signal)) this.#lose(outOfMemory);
        else this.#lose(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
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

  /** In place of `open`. Rejects with WORKER_LOST when the process ends, by `close` too. */
  preflight(catalogModule: string, request: PreflightRequest): Promise<PreflightReport> {
    return new Promise((resolve, reject) => {
      this.#trying = { resolve, reject };
      this.#ask({ type: "preflight", catalogModule, request });
    });
  }

  /** Lets the worker take the memory that it asked for. */
  grant(): void {
    this.#send({ type: "granted" });
  }

  /** Resolves when the process is gone. */
  close(how: "drain" | "now"): Promise<void> {
    if (how === "now") this.#child.kill("SIGKILL");
    else this.#send({ type: "close" });
    return this.ended;
  }

  /** Ends the process at once; the worker is lost for the reason that `how` gives. */
  end(_end: WorkerEnd, how: string): void {
    this.#lose(how);
    this.#child.kill("SIGKILL");
  }

  /** Whether the kernel ended the process for memory, or V8 because the heap was full. */
  #ranOutOfMemory(signal: NodeJS.Signals | null): boolean {
    if (signal === "SIGKILL") return this.#gauge.kernelKills() > this.#kernelKills;
    return signal !== null && this.#lastOutput.includes("JavaScript heap out of memory");
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
      case "preflighted":
        this.#trying?.resolve(message.report);
        this.#trying = undefined;
        break;
      case "open-failed":
      case "failed":
        this.#rejectWaiting(errorFromRecord(message.error));
        break;
      case "progress":
      case "activity":
        this.#observer?.message(message);
        break;
      case "reserve":
        this.#observer?.reserve(message.bytes);
        break;
      case "release":
        this.#observer?.release();
    }
  }

  #keepOutput(text: string): void {
    this.#lastOutput = (this.#lastOutput + text).slice(-keptOutputCharacters);
    this.#observer?.output(text);
  }

  #rejectWaiting(error: PipelineError): void {
    this.#opening?.reject(error);
    this.#running?.reject(error);
    this.#trying?.reject(error);
    this.#opening = undefined;
    this.#running = undefined;
    this.#trying = undefined;
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
