import { type ChildProcess, spawn } from "node:child_process";

/** Ends when its input does, which is when the process that holds the other end is gone; says nothing, takes nothing. */
const script = `trap "" INT TERM HUP; read -r _; sleep 2; kill -9 "$0" 2>/dev/null`;

/**
 * Sees to it that a worker ends within seconds of this process, even one that is killed while the worker's operator never
 * gives the event loop back: nobody else would be left to end it. A shell of its own, as a thread of the worker would
 * take 15 MB. Without a shell, as on Windows, such a worker stays.
 */
export function guardOrphan(worker: ChildProcess): void {
  if (worker.pid === undefined) return;
  const guard = spawn("sh", ["-c", script, String(worker.pid)], { stdio: ["pipe", "ignore", "ignore"] });
  guard.on("error", () => undefined);
  guard.stdin.on("error", () => undefined);
  worker.once("exit", () => guard.kill("SIGKILL"));
  guard.unref();
}
