import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  type Task,
  type TaskWhereabouts,
  type WorkerEnd,
  WorkerLost,
  type WorkerSetup,
} from "../../contract/executor.ts";
import type { PreflightReport, PreflightRequest } from "../../contract/preflight.ts";
import type { Receipt } from "../../contract/receipt.ts";
import { errorFromRecord, PipelineError } from "../../model/errors.ts";
import { entryModule } from "../../model/package-files.ts";
import { encodeFrame, FrameDecoder } from "../../worker/frame.ts";
import type { JournalRecord } from "../../worker/journal-record.ts";
import { ownMemoryGauge } from "../../worker/memory-gauge.ts";
import { type FromWorker, isFromWorker, type ToWorker, unknownMessage } from "../../worker/message.ts";
import type { Standing } from "../../worker/standing.ts";
import { addressIn, debuggerOptions, runningStack, withoutChatter } from "./debugger-stack.ts";
import { offerToKernel, outOfMemory } from "./memory-guard.ts";
import { guardOrphan } from "./orphan-guard.ts";
import { whereaboutsOf } from "./whereabouts.ts";
import { WorkerJournal } from "./worker-journal.ts";

const keptOutputCharacters = 4000;
/** Time for the pipes to end behind a process that is gone: its own children may hold them. */
const pipesEndMilliseconds = 1000;
/** Time that a busy process has to show its stack. */
const stackMilliseconds = 5000;
/** What others send to a process: no code that runs in it ends it so by mistake. */
const outsideSignals: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]);
const heapWords = "heap out of memory";
/**
 * A young generation of 4 MiB a semi-space instead of 16: samples are few and large, so collecting more
 * often costs no throughput that could be measured and saves some 25 MiB a worker. One thread for collecting: heaps
 * are small and there is a worker for every core; marking beside them costs up to half of what receiving large objects
 * does, and gains nothing elsewhere. Old objects are not looked for before there are 32 MiB of them, media included:
 * those die young (`MemoryBudget.count`), and looking for them cost images a tenth of their time.
 */
export const memoryOptions = ["--max-semi-space-size=4", "--initial-old-space-size=32", "--single-threaded-gc"];
const nodeOptions = [...memoryOptions, "--expose-gc", "--disable-warning=ExperimentalWarning", ...debuggerOptions];

export interface WorkerProcessObserver {
  message(message: FromWorker & { readonly type: "progress" | "activity" | "storage-requests" }): void;
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
  readonly #journal = new WorkerJournal();
  #observer: WorkerProcessObserver | undefined;
  readonly ended: Promise<void>;
  #opening: Waiting<void> | undefined;
  #running: Waiting<Receipt> | undefined;
  #trying: Waiting<PreflightReport> | undefined;
  #lastOutput = "";
  readonly #gauge = ownMemoryGauge();
  readonly #kernelKills = this.#gauge.kernelKills();
  #ranOutOfMemory = false;
  #debuggerAddress: string | undefined;
  #onDebugger: (() => void) | undefined;
  readonly #asking: ((standing: Standing | null | undefined) => void)[] = [];
  #setup: WorkerSetup | undefined;
  #ending: { readonly end: WorkerEnd; readonly how: string; readonly whereabouts?: TaskWhereabouts } | undefined;
  #loss: WorkerLost | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    const { child, socket } = startWorker(environment, this.#journal.descriptor);
    offerToKernel(child.pid ?? 0);
    this.#child = child;
    this.#socket = socket;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => this.#lose(`it could not be started: ${error.message}`));
      child.once("exit", () => {
        setTimeout(() => {
          for (const pipe of child.stdio) pipe?.destroy();
        }, pipesEndMilliseconds).unref();
      });
      child.once("close", (code, signal) => {
        if (signal === "SIGKILL" && this.#gauge.kernelKills() > this.#kernelKills) this.#ranOutOfMemory = true;
        const how = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
        this.#lose(how, signal !== null && outsideSignals.has(signal) ? "killed" : "crash");
        this.#journal.close();
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

  /** That the process ended unasked; undefined while it lives. */
  get loss(): WorkerLost | undefined {
    return this.#loss;
  }

  /** What the worker noted last. */
  get journal(): JournalRecord | undefined {
    return this.#journal.read();
  }

  /**
   * Rejects with the step's own error when it cannot be opened, WORKER_LOST when the process ends. A worker that drains
   * writes its CPU profile to the file at `profile`, where that is given.
   */
  open(catalogModule: string, setup: WorkerSetup, profile?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#setup = setup;
      this.#ask({ type: "open", catalogModule, setup, ...(profile === undefined ? {} : { profile }) });
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

  /** What the worker waits for; null without a task, undefined when it does not answer in time. */
  ask(seconds: number): Promise<Standing | null | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000, undefined);
      this.#asking.push((standing) => {
        clearTimeout(timer);
        resolve(standing);
      });
      this.#send({ type: "ask" });
    });
  }

  /** The JavaScript that the worker is running, innermost call first; undefined when that cannot be told. */
  async runningStack(): Promise<readonly string[] | undefined> {
    const deadline = AbortSignal.timeout(stackMilliseconds);
    const address = this.#debuggerAddress ?? (await this.#openDebugger(deadline));
    return address === undefined ? undefined : runningStack(address, deadline);
  }

  /**
   * Ends the process because of what its task does. Who waits for it gets a WorkerLost with these words, and with
   * `whereabouts` where more is known than the journal says. Idempotent: the first reason counts.
   */
  end(end: WorkerEnd, how: string, whereabouts?: TaskWhereabouts): void {
    this.#ending ??= { end, how, ...(whereabouts === undefined ? {} : { whereabouts }) };
    this.#child.kill("SIGKILL");
  }

  /** Resolves when the process is gone. */
  close(how: "drain" | "now"): Promise<void> {
    if (how === "now") this.#child.kill("SIGKILL");
    else this.#send({ type: "close" });
    return this.ended;
  }

  #ask(message: ToWorker): void {
    if (this.#loss === undefined) this.#send(message);
    else this.#rejectWaiting(this.#loss);
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
      case "standing":
        for (const answer of this.#asking.splice(0)) answer(message.standing);
        break;
      case "progress":
      case "activity":
      case "storage-requests":
        this.#observer?.message(message);
        break;
      case "reserve":
        this.#observer?.reserve(message.bytes);
        break;
      case "release":
        this.#observer?.release();
    }
  }

  #keepOutput(printed: string): void {
    this.#debuggerAddress ??= addressIn(printed);
    if (this.#debuggerAddress !== undefined) this.#onDebugger?.();
    const text = withoutChatter(printed);
    if (text === "") return;
    this.#lastOutput += text;
    this.#ranOutOfMemory ||= this.#lastOutput.includes(heapWords);
    this.#lastOutput = this.#lastOutput.slice(-keptOutputCharacters);
    this.#observer?.output(text);
  }

  /** Has the process print its debugger's address; a busy thread stops that as little as a stack. */
  #openDebugger(deadline: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
      const finish = () => resolve(this.#debuggerAddress);
      this.#onDebugger = finish;
      deadline.addEventListener("abort", finish, { once: true });
      this.#child.kill("SIGUSR1");
    });
  }

  #rejectWaiting(error: PipelineError): void {
    this.#opening?.reject(error);
    this.#running?.reject(error);
    this.#trying?.reject(error);
    this.#opening = undefined;
    this.#running = undefined;
    this.#trying = undefined;
  }

  #lose(how: string, end: WorkerEnd = "crash"): void {
    if (this.#loss !== undefined) return;
    const memory = { end: "memory", how: outOfMemory } as const;
    const ending = this.#ending ?? (this.#ranOutOfMemory ? memory : { end, how });
    const whereabouts = this.#setup === undefined ? null : whereaboutsOf(this.#journal.read(), this.#setup.plan);
    const said = this.#lastOutput.trim();
    this.#loss = new WorkerLost(
      `worker process ${this.processId} is lost: ${ending.how}${said === "" ? "" : `; its last words: ${said.slice(-500)}`}`,
      { whereabouts, ...ending },
    );
    for (const answer of this.#asking.splice(0)) answer(undefined);
    this.#rejectWaiting(this.#loss);
  }
}

function startWorker(
  environment: NodeJS.ProcessEnv,
  journal: number,
): { readonly child: ChildProcess; readonly socket: Duplex } {
  const child = spawn(process.execPath, [...nodeOptions, fileURLToPath(entryModule("worker/main"))], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "pipe", journal],
  });
  guardOrphan(child);
  const socket = child.stdio[3];
  if (!(socket instanceof Duplex)) {
    throw new PipelineError("PROTOCOL", "a worker process was started without its socket");
  }
  return { child, socket };
}
