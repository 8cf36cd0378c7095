import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Caution, Task, TaskInput } from "../contract/executor.ts";
import { type TaskId, taskKey } from "../contract/receipt.ts";

/** A task that was not done when the stage began. */
export interface PendingTask {
  readonly id: TaskId;
  readonly input: TaskInput;
}

/** What is known of the tasks that other coordinators on the same ledger do. */
export interface SharedWork {
  isDone(task: TaskId): boolean;
  /** Those of the tasks that nobody else works on, claimed for us. */
  claim(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Learns what others have finished. */
  refresh(): Promise<void>;
}

/** How often to look whether what others work on is done, or theirs no longer. */
const pollSeconds = 0.5;
/** A claim should last about this long: shorter ones cost more, longer ones share worse. */
const claimSeconds = 1;
const mostClaimed = 512;
/** Of what is claimed ahead of the slots: tasks of a thousand samples name some thousand files, half a megabyte. */
const mostFilesAhead = 16_384;

/**
 * Hands out the attempts of one stage: tasks in the order given, then those that are to be tried again, then those that
 * another coordinator had claimed and did not finish. Pulls tasks a few at a time, so that a stage of a million
 * tasks is never in memory.
 */
export class StageTasks {
  readonly #pending: AsyncIterator<PendingTask>;
  readonly #shared: SharedWork;
  readonly #slots: number;
  readonly #stopped: AbortSignal;
  readonly #retries: Task[] = [];
  readonly #claimed: PendingTask[] = [];
  /** Claimed by others when they were met. */
  #deferred: PendingTask[] = [];
  #isExhausted = false;
  #claimSize: number;
  #claimedAt = performance.now();
  // Iterators of files must not be pulled twice at once.
  #filling: Promise<void> = Promise.resolve();

  /** `stopped` ends the waiting for others. */
  constructor(pending: AsyncIterable<PendingTask>, shared: SharedWork, slots: number, stopped: AbortSignal) {
    this.#pending = pending[Symbol.asyncIterator]();
    this.#shared = shared;
    this.#slots = Math.max(1, slots);
    this.#stopped = stopped;
    this.#claimSize = this.#slots;
  }

  /** The next attempt, waited for while other coordinators hold what is left; undefined when there is none to begin. */
  async next(): Promise<Task | undefined> {
    for (;;) {
      if (this.#stopped.aborted) return undefined;
      const retry = this.#retries.shift();
      if (retry !== undefined) return retry;
      const task = this.#claimed.shift();
      if (task !== undefined) {
        if (this.#shared.isDone(task.id)) continue;
        return { ...task.id, input: task.input, attempt: 1, attemptId: attemptId(1) };
      }
      if (this.#isExhausted && this.#deferred.length === 0) return undefined;
      this.#filling = this.#filling.then(() => this.#fill());
      await this.#filling;
    }
  }

  retry(task: Task, caution: Caution | undefined): void {
    const attempt = task.attempt + 1;
    const { stage, split, input } = task;
    this.#retries.push({
      stage,
      split,
      input,
      attempt,
      attemptId: attemptId(attempt),
      ...(caution === undefined ? {} : { caution }),
    });
  }

  /** Whether another coordinator has finished the task: what went wrong with ours does not matter then. */
  async wasDoneElsewhere(task: TaskId): Promise<boolean> {
    await this.#shared.refresh();
    return this.#shared.isDone(task);
  }

  async #fill(): Promise<void> {
    if (this.#claimed.length > 0 || this.#retries.length > 0) return;
    const candidates = await this.#pull();
    if (candidates.length > 0) return this.#claim(candidates);
    if (this.#deferred.length === 0) return;
    await this.#shared.refresh();
    const open = this.#deferred.splice(0).filter((task) => !this.#shared.isDone(task.id));
    await this.#claim(open);
    // Ends early when the run is told to stop; whoever waits looks at that itself.
    if (this.#claimed.length === 0 && this.#deferred.length > 0)
      await delay(pollSeconds * (0.5 + Math.random()) * 1000, undefined, { signal: this.#stopped }).catch(
        () => undefined,
      );
  }

  async #pull(): Promise<PendingTask[]> {
    const candidates: PendingTask[] = [];
    let files = 0;
    while (!this.#isExhausted && candidates.length < this.#claimSize) {
      if (candidates.length >= this.#slots && files >= mostFilesAhead) break;
      const { done, value } = await this.#pending.next();
      if (done === true) {
        this.#isExhausted = true;
        break;
      }
      candidates.push(value);
      files += filesOf(value.input);
    }
    return candidates;
  }

  async #claim(candidates: readonly PendingTask[]): Promise<void> {
    this.#adaptClaimSize();
    const ours = await this.#shared.claim(candidates.map(({ id }) => taskKey(id)));
    for (const task of candidates) (ours.has(taskKey(task.id)) ? this.#claimed : this.#deferred).push(task);
  }

  #adaptClaimSize(): void {
    const seconds = (performance.now() - this.#claimedAt) / 1000;
    this.#claimedAt = performance.now();
    if (seconds < claimSeconds) this.#claimSize = Math.min(mostClaimed, this.#claimSize * 2);
    else if (seconds > 4 * claimSeconds) this.#claimSize = Math.max(this.#slots, this.#claimSize >> 1);
  }
}

function filesOf(input: TaskInput): number {
  return input.kind === "spool" ? input.shards.length : input.split.files.length;
}

/** Scopes an attempt's names. Random, because another coordinator may run the same attempt; it never reaches a finished dataset. */
function attemptId(attempt: number): string {
  return `a${attempt}-${randomUUID().slice(0, 8)}`;
}
