import { writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { descendantsOf, RayCluster, type RayNode } from "../../scripts/ray-cluster.ts";
import { buildCrashingAddon } from "../fixtures/misbehaviour.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { expectSame, isNth, missing, moduleStep, pipelineOver, runHere, runOnRay } from "./run-on-ray.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const dawdle = (milliseconds: number) => moduleStep("dawdle", { milliseconds });

let cluster: RayCluster;

beforeAll(async () => {
  if (missing === undefined) cluster = await RayCluster.start({ cpus: 2 });
});
afterAll(() => cluster?.stop());

for (const by of ["process", "job"] as const) {
  test.skipIf(missing)(`the same bytes as on this machine, with what is gathered; the bridge as a ${by}`, async () => {
    const folder = await temporaryFolder();
    const steps = "  - sample: { fraction: 0.8 }\n  - dedupe-exact\n  - filter: { where: 'n % 7 != 0' }\n";
    const { text } = await pipelineOver(folder, 600, steps);
    const expected = await runHere(text, path.join(folder, "here"));
    const actual = await runOnRay(cluster, text, path.join(folder, "ray"), { by });
    expectSame(actual, expected);
    const started = actual.events.filter((event) => event.type === "worker-started");
    expect(started.length).toBeGreaterThanOrEqual(2);
    expect(started.every(({ node }) => node !== null && node !== "")).toBe(true);
    expect(actual.events.find((event) => event.type === "cluster-changed")).toMatchObject({ cluster: { nodes: 1 } });
  });
}

test.skipIf(missing)(
  "a sample that crashes its worker costs itself, and is told of in the same words",
  async (context) => {
    const folder = await temporaryFolder();
    const addon = buildCrashingAddon(folder);
    if (addon === undefined) return context.skip("no C compiler here");
    const step = moduleStep("misbehave", { culprits: ["5", "77"], way: "segfault", addon }, { readsIfPresent: ["n"] });
    const { text } = await pipelineOver(folder, 120, step);
    const expected = await runHere(text, path.join(folder, "here"));
    const actual = await runOnRay(cluster, text, path.join(folder, "ray"));
    expect(expected.summary.accounting.written).toBe(118);
    expectSame(actual, expected);
  },
);

test.skipIf(missing)("a sample that hangs is ended on its node, and named", async () => {
  const folder = await temporaryFolder();
  const step = moduleStep("misbehave", { culprits: ["40"], way: "spin" }, { readsIfPresent: ["n"] });
  const { text } = await pipelineOver(folder, 60, step);
  const actual = await runOnRay(cluster, text, path.join(folder, "ray"), { settings: { sampleTimeoutSeconds: 1 } });
  expect(actual.summary).toMatchObject({ outcome: "succeeded", accounting: { written: 59 } });
  expect(actual.events.some((event) => event.type === "sample-condemned")).toBe(true);
});

test.skipIf(missing)("actors that are killed cost their tasks, which are tried again elsewhere", async () => {
  const folder = await temporaryFolder();
  const { text } = await pipelineOver(folder, 450, dawdle(20));
  const expected = await runHere(text, path.join(folder, "here"));
  let killed = 0;
  const actual = await runOnRay(cluster, text, path.join(folder, "ray"), {
    onEvent: (_event, _run, events) => {
      if (!isNth(events, "task-finished", 3) && !isNth(events, "task-finished", 12)) return;
      for (const worker of cluster.head.actors()) {
        process.kill(worker, "SIGKILL");
        killed++;
      }
    },
  });
  expect(killed).toBeGreaterThan(0);
  expect(actual.events.filter((event) => event.type === "worker-lost").length).toBeGreaterThan(0);
  expectSame(actual, expected);
});

test.skipIf(missing)("more nodes are used while the run goes on; one that dies costs what it was at", async () => {
  const folder = await temporaryFolder();
  const until = path.join(folder, "go-on");
  const { text } = await pipelineOver(folder, 1500, moduleStep("dawdle", { milliseconds: 200, until }));
  const joined: RayNode[] = [];
  const join = async () => {
    joined.push(await cluster.addNode({ cpus: 2 }));
    joined.push(await cluster.addNode({ cpus: 1 }));
  };
  let joining: Promise<void> | undefined;
  const actual = await runOnRay(cluster, text, path.join(folder, "ray"), {
    onEvent: (event, _run, events) => {
      if (isNth(events, "task-finished", 2)) joining = join();
      if (event.type === "cluster-changed" && event.cluster.workers === 5) joined[0]?.killRaylet();
      if (event.type === "worker-lost") writeFileSync(until, "");
    },
  });
  expectSame(actual, await runHere(text, path.join(folder, "here")));
  const sizes = actual.events.flatMap((event) => (event.type === "cluster-changed" ? [event.cluster] : []));
  expect(Math.max(...sizes.map(({ workers }) => workers))).toBe(5);
  expect(Math.max(...sizes.map(({ nodes }) => nodes))).toBe(3);
  expect(actual.events.some((event) => event.type === "worker-lost")).toBe(true);
  await joining;
  joined[1]?.killRaylet();
});

test.skipIf(missing)("a drain finishes what is running; nothing of the run stays in the cluster", async () => {
  const folder = await temporaryFolder();
  const { text } = await pipelineOver(folder, 600, dawdle(20));
  const expected = await runHere(text, path.join(folder, "here"));
  const output = path.join(folder, "ray");
  const drained = await runOnRay(cluster, text, output, {
    onEvent: (_event, run, events) => {
      if (isNth(events, "task-finished", 5)) run.drain("SIGTERM");
    },
  });
  expect(drained.summary).toMatchObject({ outcome: "interrupted", failedTasks: [] });
  await expect.poll(() => cluster.head.actors().flatMap(descendantsOf), { timeout: 30_000 }).toEqual([]);
  expectSame(await runOnRay(cluster, text, output), expected);
});
