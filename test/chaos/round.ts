import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { findingsAfterSuccess } from "./after-success.ts";
import { type Aftermath, carryOut, endsSession } from "./carry-out.ts";
import { endWithin } from "./end-within.ts";
import { FolderWatch } from "./folder-watch.ts";
import { Guests } from "./guests.ts";
import { cleanCheckpoints, keptCheckpoints } from "./kept-checkpoints.ts";
import { momentComes } from "./moment.ts";
import { groupGone } from "./process-group.ts";
import { type Accident, type AccidentKind, accidentsOf, settingsOf } from "./random-accidents.ts";
import { endingOf, interludeBefore } from "./random-ending.ts";
import { Session, type SessionEnd } from "./session.ts";
import { excusedCodes, sessionFindings } from "./session-findings.ts";
import { SmallDisk } from "./small-disk.ts";
import type { Undisturbed } from "./undisturbed-run.ts";
import { type DuplicateWork, type WastedWork, WorkAccount } from "./work-account.ts";

const longestSessionSeconds = 90;
const longestFarewellSeconds = 15;
/** Beside accidents, what a round may tell that it did. */
export type Incident = AccidentKind | `guest ${AccidentKind}` | "clock-jumps" | "go-back" | "damage";

/** Sessions without an accident of which one must succeed. */
const mostCalmSessions = 2;

export interface RoundResult {
  readonly seed: number;
  readonly folder: string;
  readonly seconds: number;
  readonly sessions: number;
  /** What happened, in order. */
  readonly accidents: readonly Incident[];
  /** Accidents that found nothing to happen to. */
  readonly missed: number;
  /** What is wrong; empty = the round passed. */
  readonly findings: readonly string[];
  readonly wasted: readonly WastedWork[];
  readonly duplicates: DuplicateWork | undefined;
  /** Of each session but the first: from its start to its first task. */
  readonly recoverySeconds: readonly number[];
}

/** Runs the pipeline of the undisturbed run again, with the accidents of the seed, to its end. */
export async function runRound(seed: number, undisturbed: Undisturbed): Promise<RoundResult> {
  const round = new Round(seed, undisturbed);
  return round.run();
}

class Round {
  readonly #seed: number;
  readonly #undisturbed: Undisturbed;
  readonly #folder: string;
  readonly #started = performance.now();
  readonly #pending: Accident[];
  readonly #happened: Incident[] = [];
  /** What happened to the output itself. */
  readonly #shared: AccidentKind[] = [];
  readonly #findings: string[] = [];
  readonly #work: WorkAccount;
  readonly #guests: Guests;
  readonly #recoverySeconds: number[] = [];
  readonly #farewells: Promise<void>[] = [];
  readonly #rollbacks: string[] = [];
  #disk: SmallDisk | undefined;
  #resumeFrom: string | undefined;
  #missed = 0;
  #sessions = 0;

  constructor(seed: number, undisturbed: Undisturbed) {
    this.#seed = seed;
    this.#undisturbed = undisturbed;
    this.#folder = path.join(undisturbed.folder, `round-${seed}`);
    this.#pending = [...accidentsOf(seed)];
    this.#work = new WorkAccount(undisturbed.pipeline.hasMishaps);
    this.#guests = new Guests(seed, undisturbed, this.#folder, this.#work, this.#shared);
    this.#findings.push(...undisturbed.findings.map((finding) => `undisturbed: ${finding}`));
  }

  async run(): Promise<RoundResult> {
    if (this.#findings.length > 0) return this.#result();
    const needsDisk = this.#pending.some(({ kind }) => kind === "full-disk" || kind === "read-only-disk");
    const disk = path.join(this.#folder, "disk");
    await mkdir(disk, { recursive: true });
    if (needsDisk) this.#disk = await SmallDisk.mount(disk);
    try {
      await this.#untilSuccess(disk, path.join(disk, "output"));
      if (this.#findings.length > 0 && this.#disk !== undefined) {
        await cp(disk, path.join(this.#folder, "disk-as-it-was"), { recursive: true });
      }
    } finally {
      await this.#disk?.unmount();
    }
    if (this.#findings.length === 0) await rm(this.#folder, { recursive: true, force: true });
    return this.#result();
  }

  async #untilSuccess(parent: string, output: string): Promise<void> {
    for (let calm = 0; calm < mostCalmSessions; ) {
      if (this.#pending.length === 0) calm++;
      const end = await this.#session(parent, output);
      if (end === undefined) return this.#leave();
      if (end.code !== 0) continue;
      await this.#leave();
      this.#work.close(this.#undisturbed.tasks);
      const ending = endingOf(this.#seed);
      this.#findings.push(...this.#work.findings);
      this.#findings.push(...(await findingsAfterSuccess(output, this.#undisturbed, ending)));
      this.#happened.push(...ending.damages.map(() => "damage" as const));
      return;
    }
    await this.#leave();
    this.#findings.push("the round does not succeed, though nothing happens any more");
  }

  /** Waits for everybody who is still there, and sums up what they did. */
  async #leave(): Promise<void> {
    await Promise.all(this.#farewells);
    await this.#guests.gone();
    this.#findings.push(...this.#guests.findings);
    this.#happened.push(...this.#guests.accidents.map((kind) => `guest ${kind}` as const));
    for (const session of this.#guests.sessions) this.#noteRollbacks(session);
    const repeated = this.#rollbacks.filter((to, index) => this.#rollbacks.indexOf(to) !== index);
    for (const to of repeated) this.#findings.push(`the run went back to ${to} more than once`);
  }

  /** Undefined when the session had to be ended because it does not end. */
  async #session(parent: string, output: string): Promise<SessionEnd | undefined> {
    const number = this.#sessions++;
    const settings = settingsOf(this.#seed, number);
    const resumeFrom = number === 0 ? undefined : await this.#interlude(number, output);
    if (settings.clockJumps !== null) this.#happened.push("clock-jumps");
    const watch = new FolderWatch(parent);
    const session = new Session(this.#undisturbed.pipelineFile, output, settings, resumeFrom);
    const ending = endWithin(session, longestSessionSeconds);
    const { happened, over } = await this.#disturb(session, watch, output);
    const end = await ending;
    watch.close();
    await this.#record(number, session, end);
    this.#work.add(session, end, happened);
    this.#noteRollbacks(session);
    if (number > 0 && session.firstTaskSeconds !== undefined) this.#recoverySeconds.push(session.firstTaskSeconds);
    const findings = end.isOverdue
      ? [`it does not end: after ${longestSessionSeconds} s it was killed`]
      : sessionFindings(session, end, happened, resumeFrom !== undefined);
    for (const finding of findings) this.#findings.push(`session ${number}: ${finding}`);
    this.#disk?.free();
    await this.#disk?.setReadOnly(false);
    const farewell = this.#farewell(number, session, over);
    this.#farewells.push(farewell);
    if (!settingsOf(this.#seed, number + 1).isImmediate) await Promise.all([farewell, this.#guests.gone()]);
    return end.isOverdue ? undefined : end;
  }

  /** What is done to the ledger before a session; answers the checkpoint that it is to go back to. */
  async #interlude(number: number, output: string): Promise<string | undefined> {
    const { cleans, goBackTo, repeats } = interludeBefore(this.#seed, number);
    if (cleans) await this.#cleanCheckpoints(output);
    if (goBackTo === null) return repeats ? this.#resumeFrom : undefined;
    const kept = await keptCheckpoints(output);
    const chosen = kept[Math.floor(goBackTo * kept.length)];
    if (chosen === undefined) return undefined;
    this.#happened.push("go-back");
    this.#work.goBack();
    this.#resumeFrom = chosen;
    return chosen;
  }

  async #cleanCheckpoints(output: string): Promise<Aftermath> {
    const code = await cleanCheckpoints(output);
    if (code === undefined) return { happened: true };
    const excuses = ["RUN_NOT_FOUND", ...this.#shared.map((kind) => excusedCodes[kind])];
    if (!excuses.includes(code)) this.#findings.push(`cleaning the checkpoints: ${code}`);
    return { happened: false };
  }

  #noteRollbacks(session: Session): void {
    for (const { type, to } of session.events)
      if (type === "rolled-back" && typeof to === "string") this.#rollbacks.push(to);
  }

  /** One accident after the other, until the session has ended or is going to. */
  async #disturb(session: Session, watch: FolderWatch, output: string) {
    const happened: AccidentKind[] = [];
    const over: Promise<void>[] = [];
    for (let accident = this.#pending[0]; accident !== undefined; accident = this.#pending[0]) {
      if (!(await momentComes(accident.moment, session, watch, this.#undisturbed))) break;
      this.#pending.shift();
      if (accident.kind === "full-disk" || accident.kind === "read-only-disk") this.#shared.push(accident.kind);
      const aftermath = await this.#carryOut(accident, session, watch, output);
      if (aftermath.over !== undefined) over.push(aftermath.over);
      if (!aftermath.happened) {
        this.#missed++;
        continue;
      }
      happened.push(accident.kind);
      this.#happened.push(accident.kind);
      if (endsSession(accident.kind)) break;
    }
    return { happened, over };
  }

  async #carryOut(accident: Accident, session: Session, watch: FolderWatch, output: string): Promise<Aftermath> {
    if (accident.kind === "clean-checkpoints") return this.#cleanCheckpoints(output);
    if (accident.kind !== "join") return carryOut(accident, session, this.#disk);
    this.#guests.join({ output, watch, resumeFrom: accident.target < 0.5 ? this.#resumeFrom : undefined });
    return { happened: true };
  }

  /** What a session leaves must go by itself. */
  async #farewell(number: number, session: Session, over: readonly Promise<void>[]): Promise<void> {
    await Promise.all(over);
    const left = await groupGone(session.group, longestFarewellSeconds);
    if (left.length === 0) return;
    this.#findings.push(`session ${number} left processes behind: ${left.join(", ")}`);
    session.signal("all", "SIGKILL");
  }

  async #record(number: number, session: Session, end: SessionEnd): Promise<void> {
    const log = { settings: session.settings, end, stderr: session.stderr, events: session.events };
    await writeFile(path.join(this.#folder, `session-${number}.json`), JSON.stringify(log, null, 1));
  }

  #result(): RoundResult {
    return {
      seed: this.#seed,
      folder: this.#folder,
      seconds: (performance.now() - this.#started) / 1000,
      sessions: this.#sessions,
      accidents: this.#happened,
      missed: this.#missed + this.#pending.length,
      findings: this.#findings,
      wasted: this.#work.wasted,
      duplicates: this.#work.duplicates,
      recoverySeconds: this.#recoverySeconds,
    };
  }
}
