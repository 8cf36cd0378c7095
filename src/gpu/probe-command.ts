import { spawn } from "node:child_process";
import { messageOf } from "../model/errors.ts";

/** How a command ended that was asked for something. */
export type ProbeAnswer =
  | { readonly outcome: "exited"; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly outcome: "missing" }
  | { readonly outcome: "not-started"; readonly message: string }
  | { readonly outcome: "timed-out"; readonly seconds: number };

/**
 * Runs a command for at most `timeoutSeconds`. Resolves then, whatever became of it: a process that hangs in a driver
 * cannot be killed, and must not be waited for.
 */
export function probeCommand(command: string, args: readonly string[], timeoutSeconds: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const finish = (answer: ProbeAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      finish({ outcome: "timed-out", seconds: timeoutSeconds });
    }, timeoutSeconds * 1000);
    child.on("error", (error: NodeJS.ErrnoException) =>
      finish(error.code === "ENOENT" ? { outcome: "missing" } : { outcome: "not-started", message: messageOf(error) }),
    );
    // -1 for a signal, which no command here has as its own code.
    child.on("close", (code) => finish({ outcome: "exited", code: code ?? -1, stdout, stderr }));
  });
}
