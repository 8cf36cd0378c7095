import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const resolutionMilliseconds = 20;
const windowSeconds = 5;
const nanosecondsPerMillisecond = 1e6;

export interface LoopDelay {
  /** How much later than asked for a timer came, at worst, in the last window. */
  readonly maxMilliseconds: number;
  /** Half of the turns of the last window were later than this. */
  readonly medianMilliseconds: number;
}

/** Measures how late the event loop of this process comes round, window by window of five seconds. */
export class EventLoopWatch {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMilliseconds });
  #timer: NodeJS.Timeout | undefined;
  #last: LoopDelay = { maxMilliseconds: 0, medianMilliseconds: 0 };

  start(): void {
    this.#histogram.enable();
    this.#timer = setInterval(() => {
      this.#last = this.#reading();
      this.#histogram.reset();
    }, windowSeconds * 1000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  /** Of the last whole window, or of the one that has begun, whichever is worse. */
  get delay(): LoopDelay {
    const present = this.#reading();
    return {
      maxMilliseconds: Math.max(this.#last.maxMilliseconds, present.maxMilliseconds),
      medianMilliseconds: Math.max(this.#last.medianMilliseconds, present.medianMilliseconds),
    };
  }

  #reading(): LoopDelay {
    if (this.#histogram.count === 0) return { maxMilliseconds: 0, medianMilliseconds: 0 };
    const lateness = (nanoseconds: number) =>
      Math.max(0, Math.round(nanoseconds / nanosecondsPerMillisecond - resolutionMilliseconds));
    return {
      maxMilliseconds: lateness(this.#histogram.max),
      medianMilliseconds: lateness(this.#histogram.percentile(50)),
    };
  }
}
