import type { MemoryWait } from "./standing.ts";

/** What is being done with one item that was read; settles to what is left of it. */
interface Flight<Result> {
  readonly cost: number;
  result: Result | Promise<Result>;
}

/**
 * Items in flight, bounded by decoded bytes and by number, given back in the order they came.
 *
 * An item that alone costs more than the budget is admitted when nothing else is in flight, so the
 * window never waits for room that cannot come: memory is bounded by the budget or by one item,
 * whichever is more.
 */
export class SampleWindow<Result> {
  readonly #flights: Flight<Result>[] = [];
  readonly #budgetBytes: () => number;
  readonly #limit: number;
  readonly #emit: (result: Result) => void;
  #heldBytes = 0;
  #wantedBytes: number | undefined;

  /** The budget may change from call to call. `emit` gets the results in order; it must not throw. */
  constructor(budgetBytes: () => number, limit: number, emit: (result: Result) => void) {
    this.#budgetBytes = budgetBytes;
    this.#limit = limit;
    this.#emit = emit;
  }

  hasRoomFor(cost: number): boolean {
    if (this.#flights.length === 0) return true;
    return this.#flights.length < this.#limit && this.#heldBytes + cost <= this.#budgetBytes();
  }

  /** Waits for the oldest items until there is room. */
  async makeRoom(cost: number): Promise<void> {
    this.#wantedBytes = cost;
    while (!this.hasRoomFor(cost)) await this.#settleOldest();
    this.#wantedBytes = undefined;
  }

  /** What an item waits for that would be admitted if there were more memory; undefined when there is none. */
  get memoryWait(): MemoryWait | undefined {
    const wantedBytes = this.#wantedBytes;
    if (wantedBytes === undefined || this.#heldBytes + wantedBytes <= this.#budgetBytes()) return undefined;
    return {
      wantedBytes,
      heldBytes: this.#heldBytes,
      budgetBytes: this.#budgetBytes(),
      samplesInFlight: this.#flights.length,
    };
  }

  /** Admits an item. Without anything in flight a result that is no promise is emitted at once. */
  admit(cost: number, result: Result | Promise<Result>): void {
    if (!(result instanceof Promise) && this.#flights.length === 0) {
      this.#emit(result);
      return;
    }
    const flight: Flight<Result> = { cost, result };
    if (result instanceof Promise) {
      result.then(
        (settled) => {
          flight.result = settled;
        },
        // Reported by the await in settleOldest; without this, a failure behind a slow item would be an unhandled rejection.
        () => undefined,
      );
    }
    this.#flights.push(flight);
    this.#heldBytes += cost;
  }

  /** Waits for everything in flight. */
  async settleAll(): Promise<void> {
    while (this.#flights.length > 0) await this.#settleOldest();
  }

  async #settleOldest(): Promise<void> {
    const [oldest] = this.#flights;
    if (oldest === undefined) return;
    const result = oldest.result instanceof Promise ? await oldest.result : oldest.result;
    this.#flights.shift();
    this.#heldBytes -= oldest.cost;
    this.#emit(result);
  }
}
