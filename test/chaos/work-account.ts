import { isJsonObject, type Json } from "../../src/model/json.ts";
import type { AccidentKind } from "./random-accidents.ts";
import type { Session, SessionEnd } from "./session.ts";

/** What the sessions of a round since the last known state of the ledger began and may have lost. */
interface OpenAccount {
  started: number;
  mayBeLost: number;
  /** Tasks among `mayBeLost` that had finished, but were in no checkpoint. */
  unlisted: number;
  /** Accidents that ended work at once. */
  kills: number;
}

export interface WastedWork {
  /** Begun, but not to the end. */
  readonly inFlight: number;
  /** Finished since the last checkpoint. */
  readonly unlisted: number;
  readonly kills: number;
}

/**
 * Holds a round to what it may do twice: a killed session loses the tasks in its slots and those that finished
 * since its last checkpoint, a killed worker its task, a session that drains nothing.
 */
export class WorkAccount {
  readonly findings: string[] = [];
  readonly wasted: WastedWork[] = [];
  #open: OpenAccount = { started: 0, mayBeLost: 0, unlisted: 0, kills: 0 };
  #finishedBefore = 0;

  /** Must be told of every session, in order. */
  add(session: Session, end: SessionEnd, happened: readonly AccidentKind[]): void {
    const begun = session.events.find((event) => event.type === "run-started");
    if (begun !== undefined) this.#settle(finishedTasksOf(begun.resumed));
    this.#open.started += session.count("task-started");
    const workersKilled = happened.filter((kind) => kind === "kill-worker").length;
    this.#open.mayBeLost += workersKilled;
    this.#open.kills += workersKilled;
    if (end.code === 0 || isDrained(end, happened)) return;
    const unlisted = unlistedTasks(session);
    this.#open.mayBeLost += session.settings.workers + unlisted;
    this.#open.unlisted += unlisted;
    this.#open.kills++;
  }

  /** When the round has succeeded. */
  close(tasks: number): void {
    this.#settle(tasks);
  }

  #settle(finishedTasks: number): void {
    const { started, mayBeLost, kills, unlisted } = this.#open;
    const tasks = started - (finishedTasks - this.#finishedBefore);
    if (tasks > mayBeLost) this.findings.push(`${tasks} tasks were done again, expected at most ${mayBeLost}`);
    if (kills > 0)
      this.wasted.push({ inFlight: Math.max(0, tasks - unlisted), unlisted: Math.min(tasks, unlisted), kills });
    this.#finishedBefore = finishedTasks;
    this.#open = { started: 0, mayBeLost: 0, unlisted: 0, kills: 0 };
  }
}

function isDrained(end: SessionEnd, happened: readonly AccidentKind[]): boolean {
  return end.signal === null && (end.code ?? 0) > 128 && !happened.includes("interrupt-twice");
}

function finishedTasksOf(resumed: Json | undefined): number {
  return isJsonObject(resumed) ? Number(resumed.finishedTasks) : 0;
}

/** Tasks that finished, but are in no checkpoint that was told of. */
function unlistedTasks(session: Session): number {
  let listed = 0;
  for (const event of session.events) if (event.type === "checkpoint-written") listed += Number(event.tasks);
  return session.count("task-finished") - listed;
}
