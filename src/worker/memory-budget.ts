import { setTimeout as after } from "node:timers/promises";
import type { MemoryReading } from "./memory-gauge.ts";

/** Use of the limit from which on a share of the budget holds, and below which it is lifted again. */
const steps = [
  { share: 1, from: 0, until: 0 },
  { share: 0.5, from: 0.8, until: 0.75 },
  { share: 0, from: 0.9, until: 0.85 },
] as const;

const lookEveryMilliseconds = 50;
/** How long a sample that is larger than the whole budget waits for others to give memory back. */
const patienceMilliseconds = 5000;

/**
 * Decoded bytes that a task may hold: less of them the nearer the memory is to its limit, nothing beside one sample
 * when it is very near. Depends on what else the machine does, and so must nothing that is written.
 */
export class MemoryBudget {
  readonly #wholeBytes: number;
  readonly #gauge: { read(): MemoryReading };
  #step = 0;
  #nextLook = 0;
  /** Least cost that waited for room in vain. */
  #hopelessBytes = Number.POSITIVE_INFINITY;

  constructor(wholeBytes: number, gauge: { read(): MemoryReading }) {
    this.#wholeBytes = wholeBytes;
    this.#gauge = gauge;
  }

  /** What may be held at this moment; 0 means one sample at a time. Looks at the memory at most every 50 ms. */
  bytes(): number {
    const now = performance.now();
    if (now >= this.#nextLook) {
      this.#nextLook = now + lookEveryMilliseconds;
      this.#look();
    }
    return this.#wholeBytes * (steps[this.#step]?.share ?? 0);
  }

  /** Whether a sample fits into the whole budget. One that does not is admitted alone, and should wait for `headroom`. */
  holds(cost: number): boolean {
    return cost <= this.#wholeBytes;
  }

  /**
   * Waits until the limit leaves room for `cost`, as other processes give memory back; not for longer than five
   * seconds, and not again in this task for what once waited in vain.
   */
  async headroom(cost: number, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    while (cost < this.#hopelessBytes) {
      const { limitBytes, usedBytes } = this.#gauge.read();
      if (usedBytes + cost <= limitBytes * steps[2].from) return;
      if (performance.now() - start > patienceMilliseconds) this.#hopelessBytes = cost;
      else await after(lookEveryMilliseconds, undefined, { signal });
    }
  }

  #look(): void {
    const { limitBytes, usedBytes } = this.#gauge.read();
    const use = usedBytes / limitBytes;
    while (use < (steps[this.#step]?.until ?? 0)) this.#step--;
    while (use >= (steps[this.#step + 1]?.from ?? Number.POSITIVE_INFINITY)) this.#step++;
  }
}
