import type { MemoryGauge } from "./memory-gauge.ts";

/** Use of the limit from which on a share of the budget holds, and below which it is lifted again. */
const steps = [
  { share: 1, from: 0, until: 0 },
  { share: 0.5, from: 0.8, until: 0.75 },
  { share: 0, from: 0.9, until: 0.85 },
] as const;

const lookEveryMilliseconds = 50;
const collectEveryMilliseconds = 1000;
/** Decoded bytes after which young garbage is collected: it is mostly media, which lies outside V8's heap. */
const collectYoungEveryBytes = 16 * 1024 * 1024;
/** Free memory is plenty for a large sample when as many workers could begin one like it at once. */
const plenty = 8;

/** Asks for memory that all workers share; resolves when the sample may take it, with what gives it back. */
export type ReserveMemory = (bytes: number) => Promise<() => void>;

/**
 * Decoded bytes that a task may hold: less of them the nearer the memory is to its limit, nothing beside one sample
 * when it is very near. Depends on what else the machine does, and so must nothing that is written.
 */
export class MemoryBudget {
  readonly #wholeBytes: number;
  readonly #gauge: Pick<MemoryGauge, "read">;
  readonly #reserve: ReserveMemory;
  #step = 0;
  #nextLook = 0;
  #nextCollection = 0;
  #bytesSinceCollection = 0;

  constructor(wholeBytes: number, gauge: Pick<MemoryGauge, "read">, reserve: ReserveMemory) {
    this.#wholeBytes = wholeBytes;
    this.#gauge = gauge;
    this.#reserve = reserve;
  }

  /** What may be held at this moment; 0 means one sample at a time. Looks at the memory at most every 50 ms. */
  bytes(): number {
    const now = performance.now();
    if (now >= this.#nextLook) {
      this.#nextLook = now + lookEveryMilliseconds;
      this.#look(now);
    }
    return this.#wholeBytes * (steps[this.#step]?.share ?? 0);
  }

  /** Whether a sample fits into the whole budget; one that does not is worked on alone. */
  holds(cost: number): boolean {
    return cost <= this.#wholeBytes;
  }

  /** Whether a sample that the budget does not hold could, together with those of other workers, reach the limit. */
  isScarceFor(cost: number): boolean {
    const { limitBytes, usedBytes } = this.#gauge.read();
    return usedBytes + cost * plenty > limitBytes;
  }

  /**
   * Does work that takes `cost` bytes when the other workers leave room for it, and gives the memory back at once:
   * pixels that nobody holds any more would otherwise stay until V8 happens to collect them.
   */
  async withReserved(cost: number, work: () => Promise<void>): Promise<void> {
    const release = await this.#reserve(cost);
    try {
      await work();
    } finally {
      globalThis.gc?.();
      release();
    }
  }

  /**
   * Notes a sample of `cost` decoded bytes. V8 sees little of what media take and would find them only by marking the
   * whole heap, which costs some 20 ms; collected while they are young they cost a fraction of a millisecond.
   */
  count(cost: number): void {
    this.#bytesSinceCollection += cost;
    if (this.#bytesSinceCollection < collectYoungEveryBytes) return;
    this.#bytesSinceCollection = 0;
    globalThis.gc?.({ type: "minor" });
  }

  #look(now: number): void {
    const { limitBytes, usedBytes } = this.#gauge.read();
    const use = usedBytes / limitBytes;
    while (use < (steps[this.#step]?.until ?? 0)) this.#step--;
    while (use >= (steps[this.#step + 1]?.from ?? Number.POSITIVE_INFINITY)) this.#step++;
    if (this.#step === 0 || now < this.#nextCollection) return;
    this.#nextCollection = now + collectEveryMilliseconds;
    globalThis.gc?.();
  }
}
