import type { SideResult, WorkloadResult } from "./results.ts";
import { partnerOf, roundOrder } from "./run-order.ts";
import { judge, type Pair, summarise } from "./summarise.ts";
import type { Measured, Prepared, Side, Workload } from "./workload.ts";

export interface CompareSettings {
  /** Rounds; every peer runs once in each, beside a run of ours. */
  readonly runs: number;
  /** Pairs during which others kept more cores busy than that are run again; undefined: all count. */
  readonly mostForeignCores: number | undefined;
  say(line: string): void;
}

type Compared = Pick<WorkloadResult, "sides" | "goals">;

/** The gate, then the rounds. A side that fails, or whose output differs, is reported and not timed. */
export async function compare({ unit }: Workload, prepared: Prepared, settings: CompareSettings): Promise<Compared> {
  const results = new Map<string, SideResult>();
  const admitted: Admitted[] = [];
  for (const side of prepared.sides) {
    if ("absent" in side) results.set(side.name, side);
    else {
      const answer = await admit(side, unit, settings.say);
      if ("side" in answer) admitted.push(answer);
      else results.set(side.name, answer);
    }
  }
  const ours = admitted.find(({ side }) => side.kind === "ours");
  const peers = admitted.filter((one) => one !== ours);
  const pairs = await runRounds(ours?.side, peers, settings);
  for (const { side, equality } of admitted)
    results.set(side.name, summarise(side, pairs.get(side.name) ?? [], equality));
  const sides = prepared.sides.flatMap(({ name }) => results.get(name) ?? []);
  return { sides, goals: prepared.goals.map((goal) => judge(goal, sides)) };
}

interface Admitted {
  readonly side: Side;
  readonly equality: string | undefined;
}

/** One run that is not timed: it fills caches and makes the output that the gate looks at. */
async function admit(side: Side, unit: string, say: (line: string) => void): Promise<Admitted | SideResult> {
  const { name, kind } = side;
  try {
    const { items, wallSeconds } = await side.run();
    const verdict = await side.check?.();
    say(`  gate   ${name}: ${items} ${unit} in ${wallSeconds.toFixed(2)} s; ${verdict?.said ?? "nothing to compare"}`);
    if (verdict?.isEqual === false) return { name, kind, absent: `not timed, its output differs: ${verdict.said}` };
    return { side, equality: verdict?.said };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`  gate   ${name}: ${reason}`);
    return { name, kind, absent: reason };
  }
}

async function runRounds(
  ours: Side | undefined,
  peers: readonly Admitted[],
  { runs, mostForeignCores, say }: CompareSettings,
): Promise<ReadonlyMap<string, Pair[]>> {
  const pairs = new Map<string, Pair[]>();
  const add = (side: Side, pair: Pair) => pairs.set(side.name, [...(pairs.get(side.name) ?? []), pair]);
  let spare = mostForeignCores === undefined ? 0 : runs;
  for (let round = 0; round < runs; round++) {
    const order = roundOrder(peers.length, round);
    const taken: Measured[] = [];
    const sides = order.map((turn) => (turn === "ours" ? ours : peers[turn]?.side));
    let isDisturbed = false;
    for (const side of sides) {
      const measured = (await side?.run()) ?? nothing;
      if (side !== undefined) say(`  round ${round + 1}  ${side.name}: ${measured.wallSeconds.toFixed(2)} s`);
      taken.push(measured);
      isDisturbed ||= (measured.foreignCores ?? 0) > (mostForeignCores ?? Number.POSITIVE_INFINITY);
    }
    if (isDisturbed && spare > 0) {
      spare--;
      round--;
      say("  others kept the machine busy: the round does not count");
      continue;
    }
    for (const [place, side] of sides.entries()) {
      const run = taken[place];
      if (side === undefined || run === undefined) continue;
      add(side, { run, ours: side === ours || ours === undefined ? undefined : taken[partnerOf(order, place)] });
    }
  }
  return pairs;
}

/** Stands for ours where it cannot take part, so that peers are measured all the same. */
const nothing: Measured = { items: 0, wallSeconds: 0, cpuSeconds: 0, peakBytes: 0 };
