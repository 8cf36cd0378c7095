import type { MemoryGauge } from "../../worker/memory-gauge.ts";

/** Use of the limit that reservations may lead to. */
const fillUpTo = 0.85;

interface Request {
  readonly holder: number;
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * Memory for samples that are larger than a worker's budget, where they could reach the limit together: each asks
 * before it begins. First come, first granted; with nothing else granted always, so that every request is granted.
 */
export class MemoryReservations {
  readonly #gauge: Pick<MemoryGauge, "read">;
  readonly #granted = new Map<number, number>();
  #waiting: Request[] = [];

  constructor(gauge: Pick<MemoryGauge, "read">) {
    this.#gauge = gauge;
  }

  /** Calls `grant` when there is room, at once or later. A holder has one request at a time. */
  request(holder: number, bytes: number, grant: () => void): void {
    this.#waiting.push({ holder, bytes, grant });
    this.#grantWaiting();
  }

  /** What a holder was granted is free again, and what it waits for is forgotten. Idempotent. */
  release(holder: number): void {
    this.#granted.delete(holder);
    this.#waiting = this.#waiting.filter((request) => request.holder !== holder);
    this.#grantWaiting();
  }

  #grantWaiting(): void {
    for (let [next] = this.#waiting; next !== undefined && this.#hasRoomFor(next.bytes); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#granted.set(next.holder, next.bytes);
      next.grant();
    }
  }

  /** What was granted counts whole, though part of it is in use already: how much, nobody knows. */
  #hasRoomFor(bytes: number): boolean {
    if (this.#granted.size === 0) return true;
    const { limitBytes, usedBytes } = this.#gauge.read();
    let taken = usedBytes + bytes;
    for (const granted of this.#granted.values()) taken += granted;
    return taken <= limitBytes * fillUpTo;
  }
}
