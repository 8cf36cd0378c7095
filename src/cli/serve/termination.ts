import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

const signals = ["SIGTERM", "SIGINT"] as const;
/** What the last checkpoint and the farewell of dead workers may take, once the workers were ended. */
const farewellSeconds = 2;

/**
 * How the process is asked to end. The first signal begins a time of grace; when that is over, or with the second
 * signal, what still works is ended; `end` comes at the latest two seconds after that, whatever hangs.
 */
export class Termination {
  readonly #graceSeconds: number;
  readonly #requested = new AbortController();
  readonly #graceOver = new AbortController();
  #first: NodeJS.Signals | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(graceSeconds: number) {
    this.#graceSeconds = graceSeconds;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** The first signal that came. */
  get signal(): NodeJS.Signals | undefined {
    return this.#first;
  }

  get requested(): AbortSignal {
    return this.#requested.signal;
  }

  get graceOver(): AbortSignal {
    return this.#graceOver.signal;
  }

  /** Resolves when the process has to end, whatever it is doing. */
  async end(): Promise<void> {
    await aborted(this.graceOver);
    await delay(farewellSeconds * 1000, undefined, { ref: false });
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const signal of signals) process.off(signal, this.#onSignal);
  }

  #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#first !== undefined) {
      this.#graceOver.abort();
      return;
    }
    this.#first = signal;
    this.#timer = setTimeout(() => this.#graceOver.abort(), this.#graceSeconds * 1000);
    this.#requested.abort();
  };
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
