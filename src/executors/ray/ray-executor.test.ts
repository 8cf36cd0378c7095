import { expect, onTestFinished, test } from "vitest";
import { dropped, SimulatedCluster } from "../../../test/fixtures/simulated-cluster.ts";
import type { ClusterState, Executor, Task, TaskObserver, WorkerSetup } from "../../contract/executor.ts";
import type { FromHost } from "./host-message.ts";
import { createRayExecutor, type RayExecutorOptions } from "./ray-executor.ts";

const one = { cpus: 1, gpus: 0, memoryBytes: 0, labels: {} };
const setup: WorkerSetup = {
  plan: {
    version: 1,
    source: { name: "jsonl", options: {} },
    stages: [{ index: 0, kind: "map", steps: [] }],
    sink: { name: "jsonl", options: {} },
    streaming: true,
    seed: 0,
  },
  planHash: "0123456789abcdef",
  destination: "s3://bucket/out",
  batchSize: 1,
  memoryBudgetBytes: 1,
  concurrency: 1,
  sampleTimeoutSeconds: 60,
  stallTimeoutSeconds: 60,
  resources: [one, { ...one, cpus: 2 }],
};
const never = new AbortController().signal;

function taskOf(split: number, stage = 0): Task {
  return { stage, split, attempt: 1, attemptId: "a1", input: { kind: "spool", shards: [] } };
}

interface Told {
  readonly clusters: ClusterState[];
  readonly lost: (readonly [worker: number, end: string, reason: string])[];
  readonly workers: Set<number>;
}

function observer(told: Told): TaskObserver {
  const nothing = () => undefined;
  return {
    taskStarted: (worker) => told.workers.add(worker),
    progress: nothing,
    activity: nothing,
    storageRequests: nothing,
    workerStarted: nothing,
    workerLost: (worker, end, reason) => told.lost.push([worker, end, reason]),
    workerMemory: nothing,
    workerStalled: nothing,
    workerOutput: nothing,
    clusterChanged: (cluster) => told.clusters.push(cluster),
  };
}

async function opened(cluster: SimulatedCluster, options: Partial<RayExecutorOptions> = {}) {
  const executor = createRayExecutor({
    launcher: cluster,
    callbackHost: undefined,
    callbackPort: 0,
    catalogModule: new URL("file:///nowhere.ts"),
    preflightResources: one,
    minWorkers: 1,
    workers: 100,
    ...options,
  });
  onTestFinished(() => executor.close("now"));
  const told: Told = { clusters: [], lost: [], workers: new Set() };
  await executor.open(setup, observer(told));
  return { executor, told };
}

/** Hands out tasks as a coordinator does, so many at most at once as there are slots. */
async function runAll(executor: Executor, count: number, stage = 0): Promise<readonly unknown[]> {
  const running: Promise<unknown>[] = [];
  for (let split = 1; split <= count; split++) {
    await executor.vacancy(stage, never);
    running.push(executor.run(taskOf(split, stage)).catch((error: unknown) => error));
  }
  return Promise.all(running);
}

const quickly = (task: Task) => dropped(task, "x", 2);

test("as many tasks run at once as nodes have room for, and more when one joins", async () => {
  let [running, most] = [0, 0];
  const cluster: SimulatedCluster = new SimulatedCluster({
    nodes: [2],
    work: async (task) => {
      most = Math.max(most, ++running);
      const answer = await dropped(task, "x", 5);
      running--;
      if (task.split === 20) cluster.addNode(3);
      return answer;
    },
  });
  const { executor, told } = await opened(cluster);
  const receipts = await runAll(executor, 100);
  expect(receipts.map((receipt) => receipt)).toHaveLength(100);
  expect(most).toBe(5);
  expect([...told.workers].sort()).toEqual([0, 1, 2, 3, 4]);
  expect(told.clusters.at(-1)).toMatchObject({ nodes: 2, workers: 5, problem: null });
  expect(cluster.names[0]).toMatch(/^mmp-01234567-[\da-f]{4}-s0-\d+$/);
});

test("never more workers than may be, and none is asked for beyond", async () => {
  const cluster = new SimulatedCluster({ nodes: [50], work: quickly });
  const { executor } = await opened(cluster, { workers: 3 });
  await runAll(executor, 30);
  expect(cluster.names).toHaveLength(3);
  expect(executor.slots).toBe(3);
});

test.each([
  ["died", "killed"],
  ["memory", "memory"],
] as const)("an actor that is gone (%s) costs its task with no sample to blame, and is replaced", async (how, end) => {
  const held = Promise.withResolvers<FromHost>();
  const cluster = new SimulatedCluster({
    nodes: [1],
    work: (task) => (task.split === 0 ? held.promise : quickly(task)),
  });
  const { executor, told } = await opened(cluster);
  await executor.vacancy(0, never);
  const lost = executor.run(taskOf(0)).catch((error: unknown) => error);
  const [slot = 0] = cluster.placed;
  cluster.end(slot, how, "the reason");
  expect(await lost).toMatchObject({
    code: "WORKER_LOST",
    end,
    whereabouts: null,
    how: "the reason",
    isRetryable: true,
  });
  expect(told.lost).toEqual([[0, end, "the reason"]]);
  expect(await runAll(executor, 3)).toHaveLength(3);
});

test("a bridge that is lost is started again; what was running is lost with it, and told of", async () => {
  const held = Promise.withResolvers<FromHost>();
  const cluster = new SimulatedCluster({
    nodes: [2],
    work: (task) => (task.split === 0 ? held.promise : quickly(task)),
  });
  const { executor, told } = await opened(cluster);
  await executor.vacancy(0, never);
  const lost = executor.run(taskOf(0)).catch((error: unknown) => error);
  cluster.loseBridge();
  expect(await lost).toMatchObject({ code: "WORKER_LOST", end: "killed" });
  const results = await runAll(executor, 4);
  expect(results.filter((result) => result instanceof Error)).toEqual([]);
  expect(cluster.launches).toBe(2);
  const problems = told.clusters.map(({ problem }) => problem);
  expect(problems).toContainEqual(expect.stringContaining("simulated last words. It is started again"));
  expect(problems.at(-1)).toBeNull();
});

test("a stage whose workers need something else gets others", async () => {
  const cluster = new SimulatedCluster({ nodes: [4], work: quickly });
  const { executor } = await opened(cluster);
  await runAll(executor, 8);
  await runAll(executor, 8, 1);
  expect(cluster.names.some((name) => name.includes("-s1-"))).toBe(true);
});

test("another version of this package on the nodes is refused, and named", async () => {
  const cluster = new SimulatedCluster({ nodes: [1], work: quickly, version: "0.0.0-other" });
  const { executor } = await opened(cluster);
  await expect(executor.vacancy(0, never)).rejects.toMatchObject({
    code: "RAY_MISMATCH",
    message: expect.stringContaining('"0.0.0-other"'),
  });
});

test.each([
  ["a bridge of another version", { type: "ready", protocol: 99 }, "RAY_MISMATCH"],
  [
    "another Ray or Python",
    { type: "failed", reason: "RuntimeError: Version mismatch: The cluster was started with Ray 2.9" },
    "RAY_MISMATCH",
  ],
  [
    "a token that Ray does not take",
    { type: "failed", reason: "AuthenticationError: Invalid token" },
    "RAY_UNAUTHORIZED",
  ],
  ["whatever else", { type: "failed", reason: "ConnectionError: nobody there" }, "RAY_UNREACHABLE"],
])("%s is told apart", async (_what, refusal, code) => {
  const whole = { ray: "2.9.0", python: "3.9.0", address: "127.0.0.1", job: "1", nodes: [], ...refusal };
  const cluster = new SimulatedCluster({ nodes: [1], work: quickly, refusal: whole });
  await expect(opened(cluster)).rejects.toMatchObject({ code });
});

test("who waits for a worker stops when told to, and learns why there is none", async () => {
  const cluster = new SimulatedCluster({ nodes: [], work: quickly });
  const { executor } = await opened(cluster, { capacitySeconds: 0.1 });
  const stopped = new AbortController();
  const waiting = executor.vacancy(0, stopped.signal);
  stopped.abort();
  await waiting;
  await expect(executor.vacancy(0, never)).rejects.toMatchObject({ code: "CAPACITY_MISSING", isRetryable: true });
});

test("a later stage knows the nodes that have come meanwhile", async () => {
  const cluster: SimulatedCluster = new SimulatedCluster({ nodes: [2], work: quickly });
  const { executor, told } = await opened(cluster);
  await runAll(executor, 4);
  cluster.addNode(6);
  await runAll(executor, 40, 1);
  expect(told.clusters.at(-1)).toMatchObject({ nodes: 2, problem: null });
  expect(cluster.names.filter((name) => name.includes("-s1-"))).not.toHaveLength(0);
});
