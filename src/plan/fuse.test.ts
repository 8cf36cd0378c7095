import fc from "fast-check";
import { expect, test } from "vitest";
import type { StepRef } from "../contract/plan.ts";
import { fuse } from "./fuse.ts";

const step = (kind: StepRef["kind"], index: number): StepRef => ({
  id: `${index + 1}-${kind}`,
  name: kind,
  options: {},
  kind,
  seed: 0,
});
const shapeOf = (kinds: readonly StepRef["kind"][], streaming: boolean) =>
  fuse(kinds.map(step), streaming).map((stage) => `${stage.kind}:${stage.steps.length}`);

test.each([
  { kinds: [], streaming: true, stages: ["map:0"] },
  { kinds: ["map", "batch", "map"], streaming: true, stages: ["map:3"] },
  { kinds: ["map", "batch", "map"], streaming: false, stages: ["map:1", "map:1", "map:1"] },
  { kinds: ["map", "gather", "map", "map"], streaming: true, stages: ["map:1", "gather:1", "map:2"] },
  { kinds: ["gather"], streaming: true, stages: ["map:0", "gather:1", "map:0"] },
  { kinds: ["gather", "gather"], streaming: false, stages: ["map:0", "gather:1", "gather:1", "map:0"] },
] as const)("$kinds with streaming $streaming become $stages", ({ kinds, streaming, stages }) => {
  expect(shapeOf(kinds, streaming)).toEqual(stages);
});

test("every step is in one stage, in order, and map stages read splits and write the sink", () => {
  const kinds = fc.array(fc.constantFrom("map" as const, "batch" as const, "gather" as const), { maxLength: 12 });
  fc.assert(
    fc.property(kinds, fc.boolean(), (given, streaming) => {
      const stages = fuse(given.map(step), streaming);
      expect(stages.flatMap((stage) => stage.steps)).toEqual(given.map(step));
      expect(stages.map((stage) => stage.index)).toEqual([...stages.keys()]);
      expect([stages.at(0)?.kind, stages.at(-1)?.kind]).toEqual(["map", "map"]);
      for (const stage of stages) {
        const gathers = stage.steps.filter((each) => each.kind === "gather").length;
        expect([gathers, stage.steps.length]).toEqual(stage.kind === "gather" ? [1, 1] : [0, stage.steps.length]);
        if (!streaming) expect(stage.steps.length).toBeLessThanOrEqual(1);
      }
    }),
  );
});
