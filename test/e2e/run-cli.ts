import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The command line by type stripping, or another entry (a built one) from PIPELINE_CLI. */
export const cliEntry = process.env.PIPELINE_CLI ?? fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CliOptions {
  readonly cwd: string;
  readonly environment?: { readonly [name: string]: string };
  /** Called with the process once it runs. */
  onStart?(child: ChildProcess): void;
}

/** Runs `pipeline …args` without a terminal, to its end. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const { FORCE_COLOR: _, ...environment } = process.env;
  const child = spawn(process.execPath, [cliEntry, ...args], {
    cwd: options.cwd,
    env: { ...environment, NO_COLOR: "1", OUTPUT_PATH: "", ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  options.onStart?.(child);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
