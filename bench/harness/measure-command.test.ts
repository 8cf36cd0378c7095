import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { measureCommand } from "./measure-command.ts";

/** The parent ends as soon as its child, which goes on, has been busy for 0.3 seconds of CPU time and holds 50 MB. */
const daemon = `
  const held = Buffer.alloc(50e6, 1);
  while (process.cpuUsage().user < 300e3);
  setTimeout(() => process.send("busy " + held.length), 200);
  setInterval(() => {}, 1000);`;
const parent = `
  const { spawn } = require("node:child_process");
  const child = spawn(process.execPath, ["-e", ${JSON.stringify(daemon)}], { detached: true, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  child.on("message", () => { console.log(child.pid); process.exit(0); });`;

test.skipIf(process.platform !== "linux")(
  "counts CPU time and memory of what a command leaves behind, and ends that",
  {
    timeout: 30_000,
  },
  async () => {
    const cost = await measureCommand({
      program: process.execPath,
      args: ["-e", parent],
      memoryEveryMilliseconds: 20,
    });
    expect(cost.cpuSeconds).toBeGreaterThan(0.3);
    expect(cost.peakBytes).toBeGreaterThan(50e6);
    const left = Number(cost.stdout);
    expect(left).toBeGreaterThan(0);
    await expect.poll(() => isRunning(left)).toBe(false);
  },
);

/** One that nobody has waited for yet (`Z`) has ended. */
function isRunning(id: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${id}/stat`, "utf8"));
  } catch {
    return false;
  }
}

test.skipIf(process.platform !== "linux")("what fails says so with its last words", async () => {
  const args = ["-e", "console.error('no wheel'); process.exit(3)"];
  await expect(measureCommand({ program: process.execPath, args })).rejects.toThrow(/exited with 3: no wheel/);
});
