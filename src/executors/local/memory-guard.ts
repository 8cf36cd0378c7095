import { readFileSync, writeFileSync } from "node:fs";
import type { WorkerEnd } from "../../contract/executor.ts";
import { lineValue } from "../../worker/memory-cgroup.ts";
import type { MemoryGauge } from "../../worker/memory-gauge.ts";

/** A worker that the guard may end. */
export interface GuardedWorker {
  readonly processId: number;
  /** Ends the process at once; `how` is told as the reason. */
  end(end: WorkerEnd, how: string): void;
}

/** The same words whoever ended the worker, guard, kernel or V8: that depends on chance, and so must nothing written. */
export const outOfMemory = "it ran out of memory";

const endAbove = 0.95;
/** Where others on the machine have guards of their own, which end theirs: before whatever watches all of them does. */
const endAboveShared = 0.9;
const watchCloselyAbove = 0.8;
const milliseconds = { apart: 250, close: 50 } as const;

/**
 * Ends the worker that holds most before memory runs out, so that it is never the coordinator that the kernel ends.
 *
 * Only a worker that holds at least half of its equal share of the limit is ended: where others took the memory,
 * ending it would not help. Where other guards share the limit, each sees its own workers only and ends none that
 * holds less than its whole share. What is too quick for the guard is left to the kernel, which picks workers first.
 */
export class MemoryGuard {
  readonly #gauge: Pick<MemoryGauge, "read">;
  readonly #workers: () => readonly GuardedWorker[];
  readonly #others: () => number;
  #timer: NodeJS.Timeout | undefined;
  #endedProcess: number | undefined;

  /** `others`: workers under the same limit that other guards see to. */
  constructor(
    gauge: Pick<MemoryGauge, "read">,
    workers: () => readonly GuardedWorker[],
    others: () => number = () => 0,
  ) {
    this.#gauge = gauge;
    this.#workers = workers;
    this.#others = others;
  }

  /** Idempotent. Does not keep the process alive. */
  start(): void {
    this.#timer ??= this.#schedule(milliseconds.apart);
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delay: number): NodeJS.Timeout {
    return setTimeout(() => {
      const use = this.#look();
      this.#timer = this.#schedule(use > watchCloselyAbove ? milliseconds.close : milliseconds.apart);
    }, delay).unref();
  }

  /** The share of the limit that is in use. */
  #look(): number {
    const { limitBytes, usedBytes } = this.#gauge.read();
    const use = usedBytes / limitBytes;
    const others = this.#others();
    if (use <= (others > 0 ? endAboveShared : endAbove)) return use;
    // The kernel takes a moment to free what an ended process held: until then nobody else is to blame.
    if (this.#endedProcess !== undefined && ownBytes(this.#endedProcess) > 0) return use;
    const workers = this.#workers();
    const [largest] = workers
      .map((worker) => ({ worker, bytes: ownBytes(worker.processId) }))
      .sort((one, other) => other.bytes - one.bytes);
    const share = limitBytes / (workers.length + others);
    if (largest !== undefined && largest.bytes >= (others > 0 ? share : share / 2)) {
      this.#endedProcess = largest.worker.processId;
      largest.worker.end("memory", outOfMemory);
    }
    return use;
  }
}

/** Makes the kernel end this process before any other when memory runs out. Without effect on other systems than Linux. */
export function offerToKernel(processId: number): void {
  try {
    writeFileSync(`/proc/${processId}/oom_score_adj`, "1000");
  } catch {
    // Another system, or a process that is gone already, which its own end reports.
  }
}

/** Memory that a process holds for itself, not as pages of files; 0 when it is gone, or on another system than Linux. */
export function ownBytes(processId: number): number {
  try {
    return (lineValue(readFileSync(`/proc/${processId}/status`, "latin1"), "RssAnon") ?? 0) * 1024;
  } catch {
    // Gone, or another system: there is nothing to win by ending it.
    return 0;
  }
}
