import { partnerOf, roundOrder } from "./run-order.ts";
import type { Pair } from "./summarise.ts";
import type { Measured, Side } from "./workload.ts";

export interface RoundSettings {
  /** Pairs that each peer shall have. */
  readonly runs: number;
  /** Pairs during which others kept more cores busy are had again; undefined: all count. */
  readonly mostForeignCores: number | undefined;
  say(line: string): void;
}

export interface Rounds {
  readonly pairs: ReadonlyMap<Side, readonly Pair[]>;
  /** Pairs that were had again. */
  readonly discarded: number;
  /** Why runs of peers failed, one sentence a run. */
  readonly failures: ReadonlyMap<Side, readonly string[]>;
}

/** A peer that failed so often is not tried again. */
const mostFailures = 2;

/**
 * Runs sides in turns until each peer has enough pairs, in twice as many rounds as that takes at most. On a machine
 * that is never quiet the disturbed pairs count after all; how busy others were is among their figures.
 */
export async function runRounds(
  ours: Side | undefined,
  peers: readonly Side[],
  { runs, mostForeignCores = Number.POSITIVE_INFINITY, say }: RoundSettings,
): Promise<Rounds> {
  const quiet = new Map<Side, Pair[]>();
  const disturbed = new Map<Side, Pair[]>();
  const failures = new Map<Side, string[]>();
  const countOf = (side: Side) => quiet.get(side)?.length ?? 0;
  const isDisturbed = ({ run, ours: partner }: Pair) =>
    Math.max(run.foreignCores ?? 0, partner?.foreignCores ?? 0) > mostForeignCores;
  for (let round = 0; round < runs * 2; round++) {
    const waiting = peers.filter((peer) => countOf(peer) < runs && (failures.get(peer)?.length ?? 0) < mostFailures);
    const isOursDone = ours === undefined || (peers.length > 0 && waiting.length === 0) || countOf(ours) >= runs;
    if (waiting.length === 0 && isOursDone) break;
    for (const [side, pair] of await runRound(ours, waiting, round, failures, say)) {
      const pairs = isDisturbed(pair) ? disturbed : quiet;
      pairs.set(side, [...(pairs.get(side) ?? []), pair]);
    }
  }
  let discarded = 0;
  const counted = [...(ours === undefined ? [] : [ours]), ...peers].map((side): readonly [Side, Pair[]] => {
    const missing = Math.max(0, runs - countOf(side));
    const others = disturbed.get(side) ?? [];
    if (side !== ours) discarded += Math.max(0, others.length - missing);
    return [side, [...(quiet.get(side) ?? []), ...others.slice(0, missing)]];
  });
  return { pairs: new Map(counted), discarded, failures };
}

/** A peer that crashes costs neither the others nor ours their figures. */
async function runOrFail(side: Side, failures: Map<Side, string[]>): Promise<Measured | undefined> {
  try {
    return await side.run();
  } catch (error) {
    // Told beside the figures of the side.
    const reason = error instanceof Error ? error.message : String(error);
    failures.set(side, [...(failures.get(side) ?? []), reason]);
    return undefined;
  }
}

async function runRound(
  ours: Side | undefined,
  peers: readonly Side[],
  round: number,
  failures: Map<Side, string[]>,
  say: (line: string) => void,
): Promise<readonly (readonly [Side, Pair])[]> {
  const order = roundOrder(peers.length, round);
  const taken: { readonly side: Side | undefined; readonly run: Measured | undefined }[] = [];
  for (const turn of order) {
    const side = turn === "ours" ? ours : peers[turn];
    const run = side === undefined || side === ours ? await side?.run() : await runOrFail(side, failures);
    if (side !== undefined && run !== undefined)
      say(`  round ${round + 1}  ${side.name}: ${run.wallSeconds.toFixed(2)} s`);
    taken.push({ side, run });
  }
  return taken.flatMap(({ side, run }, place) => {
    if (side === undefined || run === undefined) return [];
    return [[side, { run, ours: side === ours ? undefined : taken[partnerOf(order, place)]?.run }] as const];
  });
}
