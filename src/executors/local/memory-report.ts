import { ownBytes } from "./memory-guard.ts";

/** A worker whose memory is told. */
export interface MeasuredWorker {
  readonly index: number;
  readonly processId: number;
}

const everyMilliseconds = 20_000;

/** Tells now and then what each worker holds, so that growth can be seen long before it hurts. */
export class MemoryReport {
  readonly #workers: () => readonly MeasuredWorker[];
  readonly #tell: (worker: number, residentBytes: number, grownBytes: number) => void;
  readonly #everyMilliseconds: number;
  /** The first reading of each worker, with the process that it is of. */
  readonly #first = new Map<number, { readonly processId: number; readonly bytes: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    workers: () => readonly MeasuredWorker[],
    tell: (worker: number, residentBytes: number, grownBytes: number) => void,
    milliseconds = everyMilliseconds,
  ) {
    this.#workers = workers;
    this.#tell = tell;
    this.#everyMilliseconds = milliseconds;
  }

  /** Idempotent. Does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => {
      for (const worker of this.#workers()) this.tellOf(worker);
    }, this.#everyMilliseconds).unref();
  }

  /** Tells of one worker now; of none whose process is gone, nor on a system that does not say. */
  tellOf({ index, processId }: MeasuredWorker): void {
    const bytes = ownBytes(processId);
    if (bytes === 0) return;
    if (this.#first.get(index)?.processId !== processId) this.#first.set(index, { processId, bytes });
    this.#tell(index, bytes, bytes - (this.#first.get(index)?.bytes ?? bytes));
  }

  /** Idempotent. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
