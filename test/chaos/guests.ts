import { writeFile } from "node:fs/promises";
import path from "node:path";
import { carryOut } from "./carry-out.ts";
import { endWithin } from "./end-within.ts";
import type { FolderWatch } from "./folder-watch.ts";
import { momentComes } from "./moment.ts";
import { groupGone } from "./process-group.ts";
import { type AccidentKind, guestOf } from "./random-accidents.ts";
import { Session } from "./session.ts";
import { sessionFindings } from "./session-findings.ts";
import type { Undisturbed } from "./undisturbed-run.ts";
import type { WorkAccount } from "./work-account.ts";

const longestSeconds = 120;
const longestFarewellSeconds = 15;

interface Host {
  readonly output: string;
  readonly watch: FolderWatch;
  readonly resumeFrom: string | undefined;
}

/** The coordinators that join others of a round on the same output, each to its own end. */
export class Guests {
  readonly findings: string[] = [];
  /** What happened to guests, in order. */
  readonly accidents: AccidentKind[] = [];
  readonly sessions: Session[] = [];
  readonly #seed: number;
  readonly #undisturbed: Undisturbed;
  readonly #folder: string;
  readonly #work: WorkAccount;
  /** What happens to whoever uses the output. */
  readonly #shared: readonly AccidentKind[];
  readonly #gone: Promise<void>[] = [];
  #present = 0;

  /** `shared`, filled by the round, tells what happened to the output itself. */
  constructor(seed: number, undisturbed: Undisturbed, folder: string, work: WorkAccount, shared: AccidentKind[]) {
    this.#seed = seed;
    this.#undisturbed = undisturbed;
    this.#folder = folder;
    this.#work = work;
    this.#shared = shared;
  }

  /** Guests that have not ended. */
  get present(): number {
    return this.#present;
  }

  join(host: Host): void {
    this.#gone.push(this.#stay(this.sessions.length, host));
  }

  /** When every guest has ended, and nobody is left of it. */
  async gone(): Promise<void> {
    await Promise.all(this.#gone);
  }

  async #stay(number: number, { output, watch, resumeFrom }: Host): Promise<void> {
    const { settings, fate } = guestOf(this.#seed, number);
    const session = new Session(this.#undisturbed.pipelineFile, output, settings, resumeFrom);
    this.sessions.push(session);
    this.#present++;
    const ending = endWithin(session, longestSeconds);
    const happened: AccidentKind[] = [];
    let over: Promise<void> | undefined;
    if (fate !== null && (await momentComes(fate.moment, session, watch, this.#undisturbed))) {
      const aftermath = await carryOut(fate, session, undefined);
      over = aftermath.over;
      if (aftermath.happened) happened.push(fate.kind);
    }
    const end = await ending;
    this.#present--;
    this.accidents.push(...happened);
    this.#work.addGuest(session, end, happened);
    const log = { settings, fate, happened, end, stderr: session.stderr, events: session.events };
    await writeFile(path.join(this.#folder, `guest-${number}.json`), JSON.stringify(log, null, 1));
    if (end.isOverdue) this.findings.push(`guest ${number} does not end: after ${longestSeconds} s it was killed`);
    else {
      const findings = sessionFindings(session, end, [...happened, ...this.#shared], resumeFrom !== undefined);
      this.findings.push(...findings.map((finding) => `guest ${number}: ${finding}`));
    }
    await over;
    const left = await groupGone(session.group, longestFarewellSeconds);
    if (left.length === 0) return;
    this.findings.push(`guest ${number} left processes behind: ${left.join(", ")}`);
    session.signal("all", "SIGKILL");
  }
}
