import { expect, test } from "vitest";
import { runRounds } from "./rounds.ts";
import type { Side } from "./workload.ts";

/** A side that takes so many seconds, and meets others who keep these many cores busy, run by run. */
function side(name: string, wallSeconds: number, foreignCores: readonly number[], log: string[]): Side {
  let runs = 0;
  return {
    name,
    kind: name === "ours" ? "ours" : "expert",
    run() {
      log.push(name);
      const foreign = foreignCores[runs++] ?? 0;
      return Promise.resolve({ items: 1, wallSeconds, cpuSeconds: 1, peakBytes: 1, foreignCores: foreign });
    },
  };
}

const say = () => undefined;

test("each peer has its pairs, beside runs of ours, in turns", async () => {
  const log: string[] = [];
  const [ours, a, b] = [side("ours", 1, [], log), side("a", 2, [], log), side("b", 3, [], log)];
  const { pairs, discarded } = await runRounds(ours, [a, b], { runs: 2, mostForeignCores: 0.3, say });
  expect(log).toEqual(["a", "ours", "b", "b", "ours", "a"]);
  expect(pairs.get(a)?.map((pair) => [pair.run.wallSeconds, pair.ours?.wallSeconds])).toEqual([
    [2, 1],
    [2, 1],
  ]);
  expect(pairs.get(ours)).toHaveLength(2);
  expect(discarded).toBe(0);
});

test("a disturbed pair is had again, of that peer alone", async () => {
  const log: string[] = [];
  const [ours, a, b] = [side("ours", 1, [], log), side("a", 2, [0.9], log), side("b", 3, [], log)];
  const { pairs, discarded } = await runRounds(ours, [a, b], { runs: 2, mostForeignCores: 0.3, say });
  expect(log).toEqual(["a", "ours", "b", "b", "ours", "a", "a", "ours"]);
  expect(pairs.get(a)?.map(({ run }) => run.foreignCores)).toEqual([0, 0]);
  expect(pairs.get(b)).toHaveLength(2);
  expect(discarded).toBe(1);
});

test("where it is never quiet, disturbed pairs count after all", async () => {
  const busy = Array.from({ length: 10 }, () => 2);
  const log: string[] = [];
  const [ours, a] = [side("ours", 1, busy, log), side("a", 2, busy, log)];
  const { pairs, discarded } = await runRounds(ours, [a], { runs: 2, mostForeignCores: 0.3, say });
  expect(pairs.get(a)?.map(({ run }) => run.foreignCores)).toEqual([2, 2]);
  expect(discarded).toBe(2);
});

test("ours runs without peers, and peers without ours", async () => {
  const log: string[] = [];
  const [ours, a] = [side("ours", 1, [], log), side("a", 2, [], log)];
  const settings = { runs: 3, mostForeignCores: undefined, say };
  expect((await runRounds(ours, [], settings)).pairs.get(ours)).toHaveLength(3);
  const alone = await runRounds(undefined, [a], settings);
  expect(alone.pairs.get(a)?.map((pair) => pair.ours)).toEqual([undefined, undefined, undefined]);
});

test("a peer that crashes costs the others nothing, and is not tried for ever", async () => {
  const log: string[] = [];
  const [ours, a] = [side("ours", 1, [], log), side("a", 2, [], log)];
  const broken: Side = { name: "b", kind: "expert", run: () => Promise.reject(new Error("aborted")) };
  const { pairs, failures } = await runRounds(ours, [a, broken], { runs: 3, mostForeignCores: undefined, say });
  expect(pairs.get(a)).toHaveLength(3);
  expect(pairs.get(broken)).toEqual([]);
  expect(failures.get(broken)).toEqual(["aborted", "aborted"]);
});
