import { messageOf } from "../model/errors.ts";
import type { HealthStatus } from "./health-report.ts";

export interface CachedCheckOptions {
  /** Asks for something outside of this process; whatever it rejects with is why the check does not pass. */
  readonly ask: () => Promise<unknown>;
  readonly everySeconds: number;
  /** An answer that takes longer counts as none. */
  readonly timeoutSeconds: number;
  /** After so long without an answer the check fails; before it warns, unless there never was an answer. */
  readonly graceSeconds: number;
}

export interface CachedResult {
  readonly status: HealthStatus;
  /** How long the last answer took. */
  readonly milliseconds: number | undefined;
  /** Why it is not `pass`. */
  readonly output: string | undefined;
  readonly time: Date;
}

/**
 * Asks again and again in the background and keeps what came of it, so that who wants to know does not wait. One
 * question at a time: one that is not answered is not asked twice.
 */
export class CachedCheck {
  readonly #options: CachedCheckOptions;
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #isStopped = false;
  #answeredAt: number | undefined;
  #milliseconds: number | undefined;
  #failure: string | undefined = "there was no answer yet";
  #time = new Date();

  constructor(options: CachedCheckOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#ask();
    this.#timer = setInterval(() => void this.#ask(), this.#options.everySeconds * 1000).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  get result(): CachedResult {
    return {
      status: this.#status(),
      milliseconds: this.#milliseconds,
      output: this.#failure,
      time: this.#time,
    };
  }

  #status(): HealthStatus {
    if (this.#failure === undefined) return "pass";
    const silence = this.#answeredAt === undefined ? undefined : (performance.now() - this.#answeredAt) / 1000;
    return silence === undefined || silence > this.#options.graceSeconds ? "fail" : "warn";
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const started = performance.now();
    const late = setTimeout(
      () => this.#note(`no answer within ${this.#options.timeoutSeconds} s`),
      this.#options.timeoutSeconds * 1000,
    ).unref();
    try {
      await this.#options.ask();
      this.#answeredAt = performance.now();
      this.#milliseconds = Math.round((this.#answeredAt - started) * 10) / 10;
      this.#note(undefined);
    } catch (error) {
      this.#note(messageOf(error));
    } finally {
      clearTimeout(late);
      this.#isAsking = false;
    }
  }

  #note(failure: string | undefined): void {
    if (this.#isStopped) return;
    this.#failure = failure;
    this.#time = new Date();
  }
}
