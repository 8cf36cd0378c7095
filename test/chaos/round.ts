import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { datasetDigest } from "../fixtures/dataset-digest.ts";
import { carryOut, endsSession } from "./carry-out.ts";
import { datasetFindings, differences } from "./dataset-findings.ts";
import { FolderWatch } from "./folder-watch.ts";
import { momentComes } from "./moment.ts";
import { groupGone } from "./process-group.ts";
import { type Accident, type AccidentKind, accidentsOf, settingsOf } from "./random-accidents.ts";
import { Session, type SessionEnd } from "./session.ts";
import { sessionFindings } from "./session-findings.ts";
import { SmallDisk } from "./small-disk.ts";
import type { Undisturbed } from "./undisturbed-run.ts";
import { type WastedWork, WorkAccount } from "./work-account.ts";

const longestSessionSeconds = 90;
const longestFarewellSeconds = 15;
/** Sessions without an accident of which one must succeed. */
const mostCalmSessions = 2;

export interface RoundResult {
  readonly seed: number;
  readonly folder: string;
  readonly seconds: number;
  readonly sessions: number;
  /** What happened, in order. */
  readonly accidents: readonly (AccidentKind | "clock-jumps")[];
  /** Accidents that found nothing to happen to. */
  readonly missed: number;
  /** What is wrong; empty = the round passed. */
  readonly findings: readonly string[];
  readonly wasted: readonly WastedWork[];
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
  readonly #happened: (AccidentKind | "clock-jumps")[] = [];
  readonly #findings: string[] = [];
  readonly #work = new WorkAccount();
  readonly #recoverySeconds: number[] = [];
  readonly #farewells: Promise<void>[] = [];
  #disk: SmallDisk | undefined;
  #missed = 0;
  #sessions = 0;

  constructor(seed: number, undisturbed: Undisturbed) {
    this.#seed = seed;
    this.#undisturbed = undisturbed;
    this.#folder = path.join(undisturbed.folder, `round-${seed}`);
    this.#pending = [...accidentsOf(seed)];
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
      if (end === undefined) return;
      if (end.code !== 0) continue;
      this.#work.close(this.#undisturbed.tasks);
      await Promise.all(this.#farewells);
      this.#findings.push(...this.#work.findings, ...(await datasetFindings(output)));
      this.#findings.push(...differences(this.#undisturbed.digest, await datasetDigest(output)));
      return;
    }
    await Promise.all(this.#farewells);
    this.#findings.push("the round does not succeed, though nothing happens any more");
  }

  /** Undefined when the session had to be ended because it does not end. */
  async #session(parent: string, output: string): Promise<SessionEnd | undefined> {
    const number = this.#sessions++;
    const settings = settingsOf(this.#seed, number);
    if (settings.clockJumps !== null) this.#happened.push("clock-jumps");
    const watch = new FolderWatch(parent);
    const session = new Session(this.#undisturbed.pipelineFile, output, settings);
    let isOverdue = false;
    const overdue = setTimeout(() => {
      isOverdue = true;
      this.#findings.push(`session ${number} does not end: after ${longestSessionSeconds} s it was killed`);
      session.signal("all", "SIGCONT");
      session.signal("all", "SIGKILL");
    }, longestSessionSeconds * 1000);
    const { happened, over } = await this.#disturb(session, watch);
    const end = await session.ended;
    clearTimeout(overdue);
    watch.close();
    await this.#record(number, session, end);
    this.#work.add(session, end, happened);
    if (number > 0 && session.firstTaskSeconds !== undefined) this.#recoverySeconds.push(session.firstTaskSeconds);
    for (const finding of sessionFindings(session, end, happened)) this.#findings.push(`session ${number}: ${finding}`);
    this.#disk?.free();
    await this.#disk?.setReadOnly(false);
    const farewell = this.#farewell(number, session, over);
    this.#farewells.push(farewell);
    if (!settingsOf(this.#seed, number + 1).isImmediate) await farewell;
    return isOverdue ? undefined : end;
  }

  /** One accident after the other, until the session has ended or is going to. */
  async #disturb(session: Session, watch: FolderWatch) {
    const happened: AccidentKind[] = [];
    const over: Promise<void>[] = [];
    for (let accident = this.#pending[0]; accident !== undefined; accident = this.#pending[0]) {
      if (!(await momentComes(accident.moment, session, watch, this.#undisturbed))) break;
      this.#pending.shift();
      const aftermath = await carryOut(accident, session, this.#disk);
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
      recoverySeconds: this.#recoverySeconds,
    };
  }
}
