import type { RecordedRun } from "../open-run.ts";

/** A place in what a task reads or leaves. */
export interface TaskPlace {
  readonly split: number;
  /** From 0. */
  readonly place: number;
}

/**
 * Where in the tasks of `stage` the samples are that stand at `places` of what the stage before it left.
 * Undefined for one that no finished task accounts for.
 */
export async function nextPlaces(
  run: RecordedRun,
  stage: number,
  places: readonly TaskPlace[],
): Promise<readonly (TaskPlace | undefined)[]> {
  const [before, now] = [run.start.plan.stages[stage - 1], run.start.plan.stages[stage]];
  if (places.length === 0) return [];
  if (now?.kind === "gather") return gatheredPlaces(run, stage - 1, places);
  // A map stage keeps the splits that it gets; behind a gather stage each of its spools is one.
  return before?.kind === "gather" ? regroupedPlaces(run, stage - 1, places) : places;
}

/** A gather stage reads everything as one, split by split. */
async function gatheredPlaces(
  run: RecordedRun,
  before: number,
  places: readonly TaskPlace[],
): Promise<readonly TaskPlace[]> {
  const first = new Map(places.map(({ split }) => [split, 0]));
  for await (const { stage, split, accounting } of run.receipts()) {
    if (stage !== before) continue;
    for (const [wanted, samples] of first) if (split < wanted) first.set(wanted, samples + accounting.written);
  }
  return places.map(({ split, place }) => ({ split: 0, place: (first.get(split) ?? 0) + place }));
}

async function regroupedPlaces(
  run: RecordedRun,
  before: number,
  places: readonly TaskPlace[],
): Promise<readonly (TaskPlace | undefined)[]> {
  for await (const { stage, shards } of run.receipts()) {
    if (stage !== before) continue;
    return places.map(({ place }) => {
      let rest = place;
      for (const [split, { samples }] of shards.entries()) {
        if (rest < samples) return { split, place: rest };
        rest -= samples;
      }
      return undefined;
    });
  }
  return places.map(() => undefined);
}
