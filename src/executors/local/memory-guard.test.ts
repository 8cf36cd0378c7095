import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { type GuardedWorker, MemoryGuard, offerToKernel } from "./memory-guard.ts";

const MiB = 2 ** 20;
const isElsewhere = process.platform !== "linux";

/** A process that holds so much memory. */
async function holding(bytes: number): Promise<ChildProcess> {
  const code = `const held = Buffer.alloc(${bytes}, 1); console.log("ready"); setInterval(() => held, 1000)`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  await once(child.stdout, "data");
  return child;
}

function guarded(child: ChildProcess, onEnd: (processId: number) => void): GuardedWorker {
  const processId = child.pid ?? 0;
  return {
    processId,
    end(end, how) {
      expect([end, how]).toEqual(["memory", "it ran out of memory"]);
      child.kill("SIGKILL");
      onEnd(processId);
    },
  };
}

/** Answers how many processes were ended by the time that the memory was looked at `looks` times. */
async function watch(children: readonly ChildProcess[], limitBytes: number, looks: number): Promise<readonly number[]> {
  const endedProcesses: number[] = [];
  const workers = children.map((child) => guarded(child, (processId) => endedProcesses.push(processId)));
  await new Promise<void>((resolve) => {
    let left = looks;
    const read = () => {
      if (left-- === 0) resolve();
      return { limitBytes, usedBytes: limitBytes * 0.96 };
    };
    const guard = new MemoryGuard({ read }, () =>
      workers.filter(({ processId }) => !endedProcesses.includes(processId)),
    );
    guard.start();
    onTestFinished(() => guard.stop());
  });
  return endedProcesses;
}

test.skipIf(isElsewhere)("before memory runs out the worker that holds most is ended, and only that one", async () => {
  const small = await holding(1 * MiB);
  const large = await holding(150 * MiB);
  expect(await watch([small, large], 400 * MiB, 5)).toEqual([large.pid]);
});

test.skipIf(isElsewhere)("no worker is ended where others took the memory", async () => {
  const small = await holding(1 * MiB);
  const large = await holding(50 * MiB);
  expect(await watch([small, large], 16_000 * MiB, 3)).toEqual([]);
});

test.skipIf(isElsewhere)("the kernel is told to end a worker before anything else", async () => {
  const child = await holding(1 * MiB);
  offerToKernel(child.pid ?? 0);
  expect(readFileSync(`/proc/${child.pid}/oom_score_adj`, "latin1").trim()).toBe("1000");
  offerToKernel(0);
});
