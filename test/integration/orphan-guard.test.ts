import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, test } from "vitest";

const module = path.resolve(import.meta.dirname, "../../src/executors/local/orphan-guard.ts");

/** A process that starts another, which never gives its event loop back, and tells its id. */
const coordinator = `
const { spawn } = await import("node:child_process");
const { guardOrphan } = await import(${JSON.stringify(module)});
const worker = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
guardOrphan(worker);
process.stdout.write(String(worker.pid));
setInterval(() => undefined, 1000);
`;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a worker whose operator never returns ends soon after its coordinator was killed", async () => {
  const parent = spawn(process.execPath, ["--input-type=module", "-e", coordinator], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [first] = await once(parent.stdout, "data");
  const worker = Number(String(first));
  expect(isRunning(worker)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => isRunning(worker), { timeout: 20_000 }).toBe(false);
});
