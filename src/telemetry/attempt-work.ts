import type { Accounting } from "../contract/accounting.ts";
import { type TaskId, taskKey } from "../contract/receipt.ts";
import type { TaskProgress } from "../contract/run-event.ts";
import { workMetrics } from "./metric-definitions.ts";
import type { MetricRegistry } from "./metric-registry.ts";

/** The highest report of one attempt, which is counted already. */
interface Counted {
  read: number;
  bytesRead: number;
  readonly stepsIn: Map<string, number>;
  readonly busySeconds: Map<string, number>;
  readonly imagesDecoded: Map<string, number>;
}

/**
 * Counters of work from reports that are cumulative per attempt: what each report has more than the ones before it.
 * Reports of attempts that are not running count nothing, so a late one is not counted twice.
 */
export class AttemptWork {
  readonly #running = new Map<string, Counted>();
  readonly #samplesRead;
  readonly #bytesRead;
  readonly #samplesProcessed;
  readonly #busySeconds;
  readonly #imagesDecoded;

  constructor(registry: MetricRegistry) {
    this.#samplesRead = registry.counter(workMetrics.samplesRead);
    this.#bytesRead = registry.counter(workMetrics.bytesRead);
    this.#samplesProcessed = registry.counter(workMetrics.samplesProcessed);
    this.#busySeconds = registry.counter(workMetrics.busySeconds);
    this.#imagesDecoded = registry.counter(workMetrics.imagesDecoded);
  }

  /** Number of attempts that run. */
  get running(): number {
    return this.#running.size;
  }

  /** Lets the counters of a stage begin at zero. */
  show(stage: number): void {
    this.#samplesRead.inc({ stage }, 0);
    this.#bytesRead.inc({ stage }, 0);
  }

  begin(task: TaskId, attempt: number): void {
    this.#running.set(key(task, attempt), nothing());
  }

  grow(task: TaskId, attempt: number, progress: TaskProgress): void {
    const counted = this.#running.get(key(task, attempt));
    if (counted === undefined) return;
    this.#count(task.stage, counted, progress.accounting);
    for (const [step, seconds] of Object.entries(progress.busySeconds)) {
      this.#busySeconds.inc({ step }, raise(counted.busySeconds, step, seconds));
    }
    for (const [decoder, images] of Object.entries(progress.imagesDecoded)) {
      this.#imagesDecoded.inc({ decoder }, raise(counted.imagesDecoded, decoder, images));
    }
  }

  /** `accounting` is the last word where the attempt finished its task. */
  end(task: TaskId, attempt: number, accounting?: Accounting): void {
    const counted = this.#running.get(key(task, attempt)) ?? nothing();
    if (accounting !== undefined) this.#count(task.stage, counted, accounting);
    this.#running.delete(key(task, attempt));
  }

  clear(): void {
    this.#running.clear();
  }

  #count(stage: number, counted: Counted, accounting: Accounting): void {
    this.#samplesRead.inc({ stage }, growth(counted.read, accounting.read));
    this.#bytesRead.inc({ stage }, growth(counted.bytesRead, accounting.bytesRead));
    counted.read = Math.max(counted.read, accounting.read);
    counted.bytesRead = Math.max(counted.bytesRead, accounting.bytesRead);
    for (const [step, account] of Object.entries(accounting.steps)) {
      this.#samplesProcessed.inc({ step }, raise(counted.stepsIn, step, account.in));
    }
  }
}

function nothing(): Counted {
  return { read: 0, bytesRead: 0, stepsIn: new Map(), busySeconds: new Map(), imagesDecoded: new Map() };
}

function key(task: TaskId, attempt: number): string {
  return `${taskKey(task)}#${attempt}`;
}

function growth(before: number, after: number): number {
  return Math.max(0, after - before);
}

/** Raises a highest value and answers by how much. */
function raise(highest: Map<string, number>, name: string, value: number): number {
  const by = growth(highest.get(name) ?? 0, value);
  if (by > 0) highest.set(name, value);
  return by;
}
