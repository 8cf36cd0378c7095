import type { Stall, TaskWhereabouts, WorkerSetup } from "../../contract/executor.ts";
import type { Standing } from "../../worker/standing.ts";
import { Standstill } from "./standstill.ts";
import { placeText, whereaboutsOf } from "./whereabouts.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** Time that a worker has to answer before its thread counts as busy. */
const answerSeconds = 2;

/**
 * Looks at a worker's journal a few times a second while it is busy: ends the worker when its steps take too long
 * for a sample, and says why when it does not get on.
 */
export class WorkerWatch {
  readonly #worker: WorkerProcess;
  readonly #setup: WorkerSetup;
  readonly #onStall: (stall: Stall) => void;
  readonly #lookSeconds: number;
  #timer: NodeJS.Timeout | undefined;
  #standstill: Standstill;
  #lastLook = 0;
  #stallsTold = 0;
  #isAsking = false;

  constructor(worker: WorkerProcess, setup: WorkerSetup, onStall: (stall: Stall) => void) {
    this.#worker = worker;
    this.#setup = setup;
    this.#onStall = onStall;
    this.#lookSeconds = Math.min(
      0.5,
      Math.max(0.05, Math.min(setup.sampleTimeoutSeconds, setup.stallTimeoutSeconds) / 4),
    );
    this.#standstill = new Standstill(4 * this.#lookSeconds);
  }

  /** Watches until `work` has settled, and gives what it gives. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.#standstill = new Standstill(4 * this.#lookSeconds);
    this.#stallsTold = 0;
    this.#lastLook = performance.now();
    this.#timer = setInterval(() => this.#look(), this.#lookSeconds * 1000).unref();
    try {
      return await work;
    } finally {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #look(): void {
    const now = performance.now();
    const before = this.#standstill.seconds;
    this.#standstill.look(this.#worker.journal, (now - this.#lastLook) / 1000);
    this.#lastLook = now;
    if (this.#standstill.seconds < before) this.#stallsTold = 0;
    if (this.#isAsking || !(this.#isOverdue() || this.#isStalled())) return;
    this.#isAsking = true;
    void this.#ask(this.#standstill).finally(() => {
      this.#isAsking = false;
    });
  }

  #isOverdue(): boolean {
    return this.#standstill.sampleSeconds >= this.#setup.sampleTimeoutSeconds;
  }

  #isStalled(): boolean {
    return this.#standstill.seconds >= this.#setup.stallTimeoutSeconds * (this.#stallsTold + 1);
  }

  async #ask(standstill: Standstill): Promise<void> {
    const standing = await this.#worker.ask(Math.min(answerSeconds, this.#setup.sampleTimeoutSeconds));
    const whereabouts = whereaboutsOf(this.#worker.journal, this.#setup.plan);
    // Whatever was asked about may be over by the time that the answer is here.
    const isOver = () => this.#timer === undefined || standstill !== this.#standstill;
    if (isOver()) return;
    if (this.#isOverdue()) {
      const culprits = culpritsOf(whereabouts, standing);
      if (culprits === undefined) standstill.acquit();
      else {
        const limit = `${this.#setup.sampleTimeoutSeconds} s (run.sampleTimeout)`;
        this.#worker.end("timeout", `it was ended because a sample took longer than ${limit}`, culprits);
        return;
      }
    }
    if (!this.#isStalled()) return;
    this.#stallsTold++;
    const seconds = standstill.seconds;
    const stall =
      standing === undefined ? await this.#busyStall(whereabouts, seconds) : saidStall(whereabouts, standing);
    if (!isOver()) this.#onStall({ ...stall, whereabouts, seconds: Math.round(seconds) });
  }

  async #busyStall(
    whereabouts: TaskWhereabouts | null,
    seconds: number,
  ): Promise<Pick<Stall, "waitsFor" | "sample" | "explanation">> {
    const stack = await this.#worker.runningStack();
    // Small files of local disks are read without giving the thread back.
    if (stack === undefined && whereabouts?.phase === "reading") {
      const explanation = `storage has not answered for ${Math.round(seconds)} s, ${placeText(whereabouts)}`;
      return { waitsFor: "storage", sample: null, explanation };
    }
    const place = whereabouts === null ? "while opening its steps" : placeText(whereabouts);
    const where =
      stack === undefined
        ? "it is in native code"
        : stack.length === 0
          ? "it runs no JavaScript of an operator"
          : `it is in ${stack[0]}`;
    const explanation = `code has been running for ${Math.round(seconds)} s without giving its thread back, ${place}; ${where}`;
    return { waitsFor: "operator", sample: null, explanation };
  }
}

function saidStall(
  whereabouts: TaskWhereabouts | null,
  standing: Standing | null,
): Pick<Stall, "waitsFor" | "sample" | "explanation"> {
  if (standing !== null)
    return { waitsFor: standing.waitsFor, sample: standing.sample, explanation: standing.explanation };
  const explanation =
    whereabouts === null ? "it is opening its steps" : `it is between tasks, ${placeText(whereabouts)}`;
  return { waitsFor: "worker", sample: null, explanation };
}

/** Who made a worker stand still; undefined when it is nobody that is in flight. */
function culpritsOf(
  whereabouts: TaskWhereabouts | null,
  standing: Standing | null | undefined,
): TaskWhereabouts | undefined {
  if (whereabouts === null || standing === null) return undefined;
  // Its thread is busy, with what the journal names.
  if (standing === undefined) return whereabouts;
  const { unanswered } = standing;
  if (unanswered === null) return undefined;
  if (whereabouts.isExact) return whereabouts;
  const { range, step, isExact } = unanswered;
  return { ...whereabouts, inFlight: range, step, child: null, isExact };
}
