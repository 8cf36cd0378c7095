import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { type Command, endAll } from "./measure-command.ts";
import { ProcessTree } from "./process-tree.ts";

export interface KilledRun {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly stdout: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** It was over before it could be killed; its exit code. */
  readonly endedWith?: number | null;
}

/** Runs a command and ends its whole tree by SIGKILL after so many seconds. */
export async function killAfter(command: Command, seconds: number): Promise<KilledRun> {
  const tree = new ProcessTree();
  const [startedAt, started] = [Date.now(), performance.now()];
  const child = spawn(command.program, command.args, {
    env: { ...process.env, ...command.environment, ...tree.environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  let endedWith: number | null | undefined;
  child.on("exit", (code, signal) => {
    if (signal !== "SIGKILL") endedWith = code;
  });
  const closed = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  const looks = setInterval(() => tree.look(true), 100);
  await Promise.race([delay(seconds * 1000), closed]);
  clearInterval(looks);
  // Who is just being started when the others end is met by the second look.
  while (tree.look(false).length > 0) {
    endAll(tree);
    await delay(10);
  }
  await closed;
  return {
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: tree.cpuSeconds,
    peakBytes: tree.peakBytes,
    stdout,
    startedAt,
    ...(endedWith === undefined ? {} : { endedWith }),
  };
}
