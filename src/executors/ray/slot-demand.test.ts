import fc from "fast-check";
import { expect, test } from "vitest";
import { additionalDemand, capacityProblem, type DemandFacts, roomFor } from "./slot-demand.ts";

const cpu = { cpus: 1, gpus: 0, memoryBytes: 0, labels: {} };
const node = (cpus: number, gpus = 0, labels = {}) => ({
  id: `${cpus}-${gpus}`,
  address: "10.0.0.1",
  machine: "a",
  cpus,
  gpus,
  memoryBytes: 8 * 2 ** 30,
  labels,
});
const idle: DemandFacts = { least: 1, most: 100, placed: 0, pending: 0, isWaiting: true, room: 0 };

test("what there is room for is asked for at once, and one more for who may add a node", () => {
  expect(additionalDemand({ ...idle, room: 8 })).toBe(8);
  expect(additionalDemand({ ...idle, room: 8, placed: 8 })).toBe(4);
  expect(additionalDemand({ ...idle, room: 8, placed: 8, pending: 4 })).toBe(0);
  expect(additionalDemand({ ...idle, room: 0 })).toBe(1);
});

test("nothing is asked for without work, but what is to be kept", () => {
  expect(additionalDemand({ ...idle, room: 8, isWaiting: false })).toBe(1);
  expect(additionalDemand({ ...idle, least: 3, room: 8, isWaiting: false, placed: 2 })).toBe(1);
  expect(additionalDemand({ ...idle, room: 8, isWaiting: false, placed: 8 })).toBe(0);
});

test("there are never more than there may be, and a fixed number is asked for whole", () => {
  const few = fc.nat(200);
  const facts = fc.record({
    least: fc.integer({ min: 1, max: 50 }),
    most: fc.integer({ min: 50, max: 100 }),
    placed: few,
    pending: few,
    isWaiting: fc.boolean(),
    room: few,
  });
  fc.assert(
    fc.property(facts, (some) => {
      const more = additionalDemand(some);
      expect(more).toBeGreaterThanOrEqual(0);
      if (more > 0) expect(some.placed + some.pending + more).toBeLessThanOrEqual(some.most);
      const fixed = additionalDemand({ ...some, least: some.most });
      expect(fixed).toBe(Math.max(0, some.most - some.placed - some.pending));
    }),
  );
});

test("room is what each node has of the scarcest resource, where its labels are those that are asked for", () => {
  expect(roomFor(cpu, [node(2), node(4)])).toBe(6);
  expect(roomFor({ ...cpu, cpus: 0.1 }, [node(1)])).toBe(10);
  expect(roomFor({ ...cpu, gpus: 0.5 }, [node(8), node(8, 2)])).toBe(4);
  expect(roomFor({ ...cpu, memoryBytes: 3 * 2 ** 30 }, [node(8)])).toBe(2);
  expect(roomFor({ ...cpu, labels: { zone: "a" } }, [node(8, 0, { zone: "b" }), node(2, 0, { zone: "a" })])).toBe(2);
});

test("a person is told what is asked for and what there is", () => {
  expect(capacityProblem({ ...cpu, gpus: 1 }, [node(8)], 12)).toBe(
    "no worker has had a place in the cluster for 12 s: one needs 1 CPU and 1 GPU, and no node has that; its only node has 8 CPUs and 0 GPUs. An autoscaler may add one; else change run.resources",
  );
  expect(capacityProblem(cpu, [node(8), node(2)], 12)).toBe(
    "no worker has had a place in the cluster for 12 s: one needs 1 CPU; the largest of its 2 nodes have 8 CPUs and 0 GPUs, which others use",
  );
  expect(capacityProblem(cpu, [], 12)).toContain("it has no node");
});
