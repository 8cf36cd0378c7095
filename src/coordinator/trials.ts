import { type Caution, type CondemnedSample, type Task, WorkerLost } from "../contract/executor.ts";
import { type TaskId, taskKey } from "../contract/receipt.ts";
import type { PipelineError } from "../model/errors.ts";
import { lessonOf } from "./lesson.ts";
import type { UnfinishedSamples } from "./run-verdict.ts";

/** Losses for which nobody in the task is to blame, and that it may still have to do with, if there are so many. */
const mostKills = 20;

/** What is known about a task that failed and is not finished. */
interface Trial {
  /** Attempts that taught nothing. */
  failures: number;
  /** Attempts whose worker was ended from outside, or went with its machine. */
  kills: number;
  caution: Caution | undefined;
  /** Whether an attempt found suspects and none has been condemned since. */
  hasOpenSuspicion: boolean;
  /** Samples that were taken, at least, when the last attempt ended. */
  read: number;
}

export interface Verdict {
  readonly caution: Caution | undefined;
  /** A sample that the failed attempt proved guilty. */
  readonly condemned: CondemnedSample | undefined;
  /** Attempts so far that count. */
  readonly failures: number;
}

/**
 * Remembers what the failed attempts of unfinished tasks taught. An attempt that found who ended its worker does
 * not count as failed, nor does one that found suspects; but when suspects turn out innocent, and others follow
 * them, nobody is to blame but the task. Nor does one whose worker somebody else ended, as happens again and again where
 * nodes come and go, until it has happened too often for that.
 */
export class Trials {
  readonly #trials = new Map<string, Trial>();

  fail(task: Task, error: PipelineError): Verdict {
    const key = taskKey(task);
    const trial = this.#trials.get(key) ?? {
      failures: 0,
      kills: 0,
      caution: task.caution,
      hasOpenSuspicion: false,
      read: 0,
    };
    this.#trials.set(key, trial);
    const lesson = error instanceof WorkerLost ? lessonOf(trial.caution, error) : undefined;
    const wasKilled = error instanceof WorkerLost && error.end === "killed";
    if (wasKilled) trial.kills++;
    const isFree =
      lesson?.condemned !== undefined ||
      (lesson?.hasNewSuspects === true && !trial.hasOpenSuspicion) ||
      (wasKilled && trial.kills <= mostKills);
    if (!isFree) trial.failures++;
    if (lesson !== undefined) {
      trial.caution = lesson.caution;
      trial.hasOpenSuspicion = lesson.condemned === undefined && (lesson.hasNewSuspects || trial.hasOpenSuspicion);
    }
    if (error instanceof WorkerLost) trial.read = Math.max(trial.read, error.whereabouts?.inFlight.first ?? 0);
    return { caution: trial.caution, condemned: lesson?.condemned, failures: trial.failures };
  }

  /** To be called when a task is finished or given up. */
  close(task: TaskId): void {
    this.#trials.delete(taskKey(task));
  }

  /** Samples of unfinished tasks that were taken, at least, and those among them that are condemned. */
  get figures(): UnfinishedSamples {
    let read = 0;
    let condemned = 0;
    for (const trial of this.#trials.values()) {
      const guilty = trial.caution?.condemned.length ?? 0;
      condemned += guilty;
      read += Math.max(guilty, trial.read);
    }
    return { read, condemned };
  }
}
