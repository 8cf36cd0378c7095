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

/** What several coordinators at once did twice. */
export interface DuplicateWork {
  readonly joins: number;
  /** Tasks that were finished more than once, and lost to no kill. */
  readonly tasks: number;
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
  readonly #hasMishaps: boolean;
  #open: OpenAccount = { started: 0, mayBeLost: 0, unlisted: 0, kills: 0 };
  #finishedBefore = 0;
  #joins = 0;
  /** Tasks that sessions and guests finished, in checkpoints or where that cannot be told. */
  #finished = 0;
  #hasGoneBack = false;
  #duplicates: DuplicateWork | undefined;

  /** `hasMishaps`: workers are lost by themselves too. */
  constructor(hasMishaps: boolean) {
    this.#hasMishaps = hasMishaps;
  }

  /** Known once the round has succeeded, where somebody joined and nobody went back. */
  get duplicates(): DuplicateWork | undefined {
    return this.#duplicates;
  }

  /** What was done is undone: nothing of the round can be accounted for by counting. */
  goBack(): void {
    this.#hasGoneBack = true;
  }

  /** Work that is shared is not held to a bound: claims are there to spare work, and nothing else rests on them. */
  addGuest(session: Session, end: SessionEnd, happened: readonly AccidentKind[]): void {
    this.#joins++;
    this.#addFinished(session, end, happened);
  }

  /** Must be told of every session, in order. */
  add(session: Session, end: SessionEnd, happened: readonly AccidentKind[]): void {
    const begun = session.events.find((event) => event.type === "run-started");
    if (begun !== undefined) this.#settle(finishedTasksOf(begun.resumed));
    this.#addFinished(session, end, happened);
    this.#open.started += session.count("task-started");
    if (this.#hasMishaps) this.#open.mayBeLost += session.count("task-failed");
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
    if (this.#joins > 0 && !this.#hasGoneBack)
      this.#duplicates = { joins: this.#joins, tasks: Math.max(0, this.#finished - tasks) };
    const isCountable = this.#joins === 0 && !this.#hasGoneBack;
    if (!isCountable) this.findings.length = 0;
    // What mishaps cost is no waste of a kill's.
    if (!isCountable || this.#hasMishaps) this.wasted.length = 0;
  }

  #addFinished(session: Session, end: SessionEnd, happened: readonly AccidentKind[]): void {
    this.#finished += session.count("task-finished");
    if (end.code !== 0 && !isDrained(end, happened)) this.#finished -= unlistedTasks(session);
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
