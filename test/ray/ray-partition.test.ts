import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { expect, onTestFinished, test, vi } from "vitest";
import { descendantsOf, RayCluster, type RayNode } from "../../scripts/ray-cluster.ts";
import { temporaryFolder } from "../integration/run-pipeline.ts";
import { expectSame, missing, moduleStep, pipelineOver, runHere, runOnRay } from "./run-on-ray.ts";

vi.setConfig({ testTimeout: 240_000 });

const ip = (...words: readonly string[]) => execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });

/** A network of its own for a second machine, as far as one machine can have one; undefined without the right to. */
function secondMachine() {
  const id = randomBytes(2).toString("hex");
  const namespace = `ray-${id}`;
  const [here, there] = [`ra${id}`, `rb${id}`];
  try {
    ip("netns", "add", namespace);
    onTestFinished(() => void ip("netns", "del", namespace));
    ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", namespace);
    ip("addr", "add", "10.213.7.1/24", "dev", here);
    ip("link", "set", here, "up");
    ip("-n", namespace, "addr", "add", "10.213.7.2/24", "dev", there);
    ip("-n", namespace, "link", "set", there, "up");
    ip("-n", namespace, "link", "set", "lo", "up");
    // Ray asks the system which address it has by which it gets out.
    ip("-n", namespace, "route", "add", "default", "via", "10.213.7.1");
  } catch {
    // The test says that it is skipped, and why.
    return undefined;
  }
  return {
    network: { namespace, address: "10.213.7.2" },
    address: "10.213.7.1",
    cut: () => ip("link", "set", here, "down"),
    mend: () => ip("link", "set", here, "up"),
  };
}

test.skipIf(missing)(
  "a node that the network is cut off from: its work is done elsewhere, and what it does when it is back counts nothing",
  async (context) => {
    const other = process.platform === "linux" ? secondMachine() : undefined;
    if (other === undefined) return context.skip("network namespaces need root");
    const folder = await temporaryFolder();
    const until = path.join(folder, "go-on");
    const cluster = await RayCluster.start({ cpus: 1, network: { namespace: "", address: other.address } });
    onTestFinished(() => cluster.stop());
    const node: RayNode = await cluster.addNode({ cpus: 2, network: other.network });
    const { text } = await pipelineOver(folder, 600, moduleStep("dawdle", { milliseconds: 150, until }));
    const output = path.join(folder, "ray");
    let isCut = false;
    const actual = await runOnRay(cluster, text, output, {
      settings: { minWorkers: 3, workers: 3 },
      onEvent: (event) => {
        if (!isCut && event.type === "cluster-changed" && event.cluster.workers === 3) {
          isCut = true;
          other.cut();
        }
        if (event.type !== "worker-lost" || !isCut) return;
        // The node does not know that it is dead: what it wrote meanwhile lies in the folder that both have.
        other.mend();
        writeFileSync(until, "");
      },
    });
    expect(actual.events.filter((event) => event.type === "worker-lost").length).toBeGreaterThan(0);
    expectSame(actual, await runHere(text, path.join(folder, "here")));
    await expect.poll(() => node.actors(), { timeout: 60_000 }).toEqual([]);
    expect(readdirSync(output).filter((name) => name.startsWith(".shared"))).toEqual([]);
  },
);

test.skipIf(missing)(
  "a node that is slow, and one that stands still for a while, change nothing but the time",
  async () => {
    const folder = await temporaryFolder();
    const cluster = await RayCluster.start({ cpus: 1 });
    onTestFinished(() => cluster.stop());
    const slow = await cluster.addNode({ cpus: 1 });
    const { text } = await pipelineOver(folder, 600, moduleStep("dawdle", { milliseconds: 15 }));
    let timer: NodeJS.Timeout | undefined;
    let isStopped = false;
    const turn = () => {
      isStopped = !isStopped;
      for (const actor of slow.actors())
        for (const id of descendantsOf(actor)) process.kill(id, isStopped ? "SIGSTOP" : "SIGCONT");
    };
    const actual = await runOnRay(cluster, text, path.join(folder, "ray"), {
      settings: { minWorkers: 2, workers: 2 },
      onEvent: (event) => {
        if (event.type === "cluster-changed" && event.cluster.workers === 2) timer ??= setInterval(turn, 700);
      },
    });
    clearInterval(timer);
    if (isStopped) turn();
    expectSame(actual, await runHere(text, path.join(folder, "here")));
    const tasks = new Map<number, number>();
    for (const event of actual.events) {
      if (event.type === "task-started") tasks.set(event.worker, (tasks.get(event.worker) ?? 0) + 1);
    }
    const [fewest = 0, most = 0] = [...tasks.values()].sort((a, b) => a - b);
    expect(fewest).toBeLessThan(most);
  },
);
