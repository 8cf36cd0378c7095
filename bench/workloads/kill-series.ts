import { type KilledRun, killAfter } from "../harness/killed-run.ts";
import { type Command, type CommandCost, measureCommand } from "../harness/measure-command.ts";
import type { Measured } from "../harness/workload.ts";
import { seededRandom } from "../inputs/seeded-random.ts";

/** A job that can be killed and started again. */
export interface KillableJob {
  readonly items: number;
  /** The same the first time and after a kill. */
  readonly command: Command;
  /** Removes what was written. */
  clear(): void;
  /** What was written, by one name for each item; of what is there twice, twice. */
  written(): Promise<readonly string[]>;
  /** What else the sessions of a series tell. */
  figures?(killed: readonly KilledRun[], last: CommandCost): Promise<Readonly<Record<string, number>>>;
}

export const figureNames = {
  lost: "lost",
  doubled: "doubled",
  extra: "extra CPU, % for each kill",
} as const;

/** Ends a job at random moments, all its processes at once, and starts it again until it has ended by itself. */
export class KillSeries {
  readonly #job: KillableJob;
  readonly #kills: number;
  #undisturbed: { readonly cost: CommandCost; readonly written: readonly string[] } | undefined;
  #series = 0;

  constructor(job: KillableJob, kills: number) {
    this.#job = job;
    this.#kills = kills;
  }

  async run(): Promise<Measured> {
    const { items, command, figures } = this.#job;
    this.#undisturbed ??= await this.#runUndisturbed();
    const { cost, written } = this.#undisturbed;
    this.#job.clear();
    const killed: KilledRun[] = [];
    for (const seconds of slices(cost.wallSeconds, this.#kills, ++this.#series)) {
      const session = await killAfter(command, seconds);
      if (session.endedWith !== undefined) throw new Error(`a session ended by itself with ${session.endedWith}`);
      killed.push(session);
    }
    const last = await measureCommand(command);
    const all = [...killed, last];
    const cpuSeconds = sum(all.map((session) => session.cpuSeconds));
    return {
      items,
      wallSeconds: sum(all.map((session) => session.wallSeconds)),
      cpuSeconds,
      peakBytes: Math.max(...all.map((session) => session.peakBytes)),
      figures: {
        ...compareNames(written, await this.#job.written()),
        [figureNames.extra]: (100 * (cpuSeconds - cost.cpuSeconds)) / cost.cpuSeconds / this.#kills,
        ...(await figures?.(killed, last)),
      },
    };
  }

  async #runUndisturbed() {
    this.#job.clear();
    const cost = await measureCommand(this.#job.command);
    return { cost, written: await this.#job.written() };
  }
}

/** Random times of sessions that together are shorter than one undisturbed run: none ends by itself. */
export function slices(wallSeconds: number, kills: number, seed: number): readonly number[] {
  const random = seededRandom(seed);
  const moments = Array.from({ length: kills }, () => (0.02 + 0.93 * random()) * wallSeconds).toSorted((a, b) => a - b);
  return moments.map((moment, index) => moment - (moments[index - 1] ?? 0));
}

export function compareNames(expected: readonly string[], found: readonly string[]): Readonly<Record<string, number>> {
  const names = new Set(found);
  return {
    [figureNames.lost]: [...new Set(expected)].filter((name) => !names.has(name)).length,
    [figureNames.doubled]: found.length - names.size,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
