import { taskKey } from "../contract/receipt.ts";
import type { RunEvent } from "../contract/run-event.ts";
import { addSeconds, type Seconds } from "./run-totals.ts";

/** Where the time of workers went, in seconds of all of them together. */
export interface WorkerTimeFigures {
  /** Workers that were started. */
  readonly workers: number;
  /** From each worker's start to its end or the run's. */
  readonly seconds: number;
  /** Until the first task: booting, opening the plan, waiting for the input to be listed. */
  readonly startingSeconds: number;
  /** Behind the first task, without another one. */
  readonly idleSeconds: number;
  readonly taskSeconds: number;
  /** By step id, `read` and `write` beside them, failed attempts included. More than `taskSeconds` where samples overlap. */
  readonly busy: Seconds;
  /** To storages over a network, those of the coordinator included. */
  readonly requests: number;
  readonly requestSeconds: number;
}

type Doing = "starting" | "idle" | "task";

/** Adds up what workers did from the events of a run; times are seconds of any steady clock. */
export class WorkerTime {
  readonly #seen = new Set<number>();
  readonly #workers = new Map<number, { doing: Doing; since: number }>();
  readonly #seconds = { starting: 0, idle: 0, task: 0 };
  readonly #running = new Map<string, Seconds>();
  #finished: Seconds = {};
  #requests = 0;
  #requestSeconds = 0;

  onEvent(event: RunEvent, at: number): void {
    switch (event.type) {
      case "worker-started":
        this.#seen.add(event.worker);
        this.#leave(event.worker, at);
        this.#workers.set(event.worker, { doing: "starting", since: at });
        break;
      case "task-started":
        this.#enter(event.worker, "task", at);
        break;
      case "worker-activity":
        if (event.activity.doing === "idle") this.#enter(event.worker, "idle", at);
        break;
      case "worker-lost":
        this.#leave(event.worker, at);
        break;
      case "task-progressed":
        this.#running.set(taskKey(event.task), event.progress.busySeconds);
        break;
      case "task-finished":
        this.#endTask(taskKey(event.receipt));
        break;
      case "task-failed":
        this.#endTask(taskKey(event.task));
        break;
      case "storage-requests":
        for (const { requests, seconds } of event.requests) {
          this.#requests += requests;
          this.#requestSeconds += seconds;
        }
        break;
      case "run-finished":
        for (const worker of this.#workers.keys()) this.#leave(worker, at);
        for (const key of this.#running.keys()) this.#endTask(key);
        break;
      default: // Tells nothing of what workers did.
    }
  }

  /** As of the end of the run. */
  get figures(): WorkerTimeFigures {
    const { starting, idle, task } = this.#seconds;
    return {
      workers: this.#seen.size,
      seconds: starting + idle + task,
      startingSeconds: starting,
      idleSeconds: idle,
      taskSeconds: task,
      busy: this.#finished,
      requests: this.#requests,
      requestSeconds: this.#requestSeconds,
    };
  }

  /** A worker that is not there any more enters nothing. */
  #enter(worker: number, doing: Doing, at: number): void {
    if (!this.#workers.has(worker)) return;
    this.#leave(worker, at);
    this.#workers.set(worker, { doing, since: at });
  }

  #leave(worker: number, at: number): void {
    const state = this.#workers.get(worker);
    if (state === undefined) return;
    this.#seconds[state.doing] += at - state.since;
    this.#workers.delete(worker);
  }

  #endTask(key: string): void {
    this.#finished = addSeconds(this.#finished, this.#running.get(key) ?? {});
    this.#running.delete(key);
  }
}
