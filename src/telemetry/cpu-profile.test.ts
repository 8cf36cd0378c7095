import { describe, expect, it } from "vitest";
import { type CpuProfile, mergeProfiles, parseCpuProfile } from "./cpu-profile.ts";

const node = (id: number, functionName: string, url = "", lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

/** Looks a millisecond apart, from 1 ms behind the start; the last one lasts 2 ms. */
function profileOf(nodes: CpuProfile["nodes"], samples: readonly number[]): CpuProfile {
  const endTime = 1000 * (samples.length + 2);
  return { nodes, samples: [...samples], timeDeltas: samples.map(() => 1000), startTime: 0, endTime };
}

const first = profileOf(
  [node(1, "(root)"), node(2, "(idle)"), node(3, "spin", "file:///a.ts", 9), node(4, "(program)")],
  [2, 3, 3, 4],
);
const second = profileOf(
  [
    node(1, "(root)"),
    node(2, "spin", "file:///a.ts", 9),
    node(3, "(garbage collector)"),
    node(4, "", "file:///b.ts", 0),
  ],
  [3, 2, 2, 2, 4],
);

describe("mergeProfiles", () => {
  it("adds up each function's own time over processes whose nodes are numbered on their own", () => {
    const { functions, busySeconds, idleSeconds } = mergeProfiles([first, second]);
    expect(idleSeconds).toBeCloseTo(0.001);
    expect(busySeconds).toBeCloseTo(0.01);
    expect(functions.map(({ name, url, line }) => `${name} ${url}:${line}`)).toEqual([
      "spin file:///a.ts:10",
      "(anonymous) file:///b.ts:1",
      "(program) :0",
      "(garbage collector) :0",
    ]);
    expect(functions[0]?.seconds).toBeCloseTo(0.005);
    expect(functions[3]?.seconds).toBeCloseTo(0.001);
  });

  it("counts a function once that was called from two places", () => {
    const nodes = [node(1, "a", "file:///a.ts", 1), node(2, "a", "file:///a.ts", 1), node(3, "a", "file:///a.ts", 2)];
    expect(mergeProfiles([profileOf(nodes, [1, 2, 3])]).functions).toHaveLength(2);
  });

  it("takes looks that are noted out of order for no time", () => {
    const profile = {
      ...profileOf([node(1, "a"), node(2, "b")], [1, 2, 1]),
      timeDeltas: [1000, -5, 1000],
      endTime: 3000,
    };
    const { functions } = mergeProfiles([profile]);
    expect(functions.every(({ seconds }) => seconds > 0)).toBe(true);
  });

  it("has nothing to say of no profile", () => {
    expect(mergeProfiles([])).toEqual({ busySeconds: 0, idleSeconds: 0, functions: [] });
  });
});

describe("parseCpuProfile", () => {
  it("reads what V8 writes, and nothing else", () => {
    expect(parseCpuProfile(JSON.stringify({ ...first, others: 1 }))).toEqual(first);
    expect(parseCpuProfile("{")).toBeUndefined();
    expect(parseCpuProfile("{}")).toBeUndefined();
  });
});
