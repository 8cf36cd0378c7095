import { type Damage, randomDamage } from "./damage.ts";
import { Random } from "./random.ts";

/** What is done to the ledger between two sessions of a round. */
export interface Interlude {
  /** Folds all checkpoints but the last. */
  readonly cleans: boolean;
  /** Chooses among the checkpoints that are kept one to go back to, 0 to 1; null = the round goes on as it is. */
  readonly goBackTo: number | null;
  /** Whether a checkpoint that an earlier session was to go back to is named again, which must change nothing. */
  readonly repeats: boolean;
}

export interface RoundEnding {
  /** To the finished dataset. */
  readonly damages: readonly Damage[];
}

/** What comes before a round's session. Pure. */
export function interludeBefore(roundSeed: number, session: number): Interlude {
  const random = new Random("interlude", roundSeed, session);
  return {
    cleans: random.chance(0.1),
    goBackTo: random.chance(0.15) ? random.share() : null,
    repeats: random.chance(0.5),
  };
}

/** What comes after a round's success. Pure. */
export function endingOf(roundSeed: number): RoundEnding {
  const random = new Random("ending", roundSeed);
  const count = random.chance(0.25) ? random.integer(1, 3) : 0;
  return { damages: Array.from({ length: count }, () => randomDamage(random)) };
}
