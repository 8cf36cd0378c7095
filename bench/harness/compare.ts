import type { SideResult, WorkloadResult } from "./results.ts";
import { type RoundSettings, runRounds } from "./rounds.ts";
import { judge, summarise } from "./summarise.ts";
import type { Prepared, Side, Workload } from "./workload.ts";

type Compared = Pick<WorkloadResult, "sides" | "goals" | "discardedPairs">;

/**
 * The gate, then the rounds. A side that fails, or whose output differs, is reported and not timed. One that takes so
 * long that its rounds are limited, and has nothing to compare, goes without the gate.
 */
export async function compare(
  { unit, mostRuns }: Workload,
  prepared: Prepared,
  settings: RoundSettings,
): Promise<Compared> {
  const results = new Map<string, SideResult>();
  const admitted: Admitted[] = [];
  for (const side of prepared.sides) {
    if ("absent" in side) results.set(side.name, side);
    else if (mostRuns !== undefined && side.check === undefined) admitted.push({ side, equality: undefined });
    else {
      const answer = await admit(side, unit, settings.say);
      if ("side" in answer) admitted.push(answer);
      else results.set(side.name, answer);
    }
  }
  const ours = admitted.find(({ side }) => side.kind === "ours");
  const peers = admitted.filter((one) => one !== ours).map(({ side }) => side);
  const { pairs, discarded, failures } = await runRounds(ours?.side, peers, settings);
  for (const { side, equality } of admitted) {
    const counted = pairs.get(side) ?? [];
    const failed = failures.get(side) ?? [];
    const trouble = failed.length === 0 ? undefined : `${failed.length} runs failed: ${failed[0]}`;
    const said = [equality, trouble].filter((part) => part !== undefined).join("; ");
    const { name, kind } = side;
    results.set(
      name,
      counted.length === 0 ? { name, kind, absent: said } : summarise(side, counted, said === "" ? undefined : said),
    );
  }
  const sides = prepared.sides.flatMap(({ name }) => results.get(name) ?? []);
  const goals = prepared.goals.map((goal) => judge(goal, sides));
  return { sides, goals, ...(discarded === 0 ? {} : { discardedPairs: discarded }) };
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
