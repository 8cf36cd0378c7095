import { spawn } from "node:child_process";
import path from "node:path";
import { machineBusySeconds, ProcessTree } from "./process-tree.ts";

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A server of the workload is busy beside it: how busy others were cannot be told. */
  readonly hasServer?: boolean;
  /** Time between two looks at the memory; 100 where nothing is said. */
  readonly memoryEveryMilliseconds?: number;
  /** Called with standard output as it grows. */
  onOutput?(seen: string, secondsSinceStart: number): void;
}

export interface CommandCost {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly foreignCores?: number;
  readonly stdout: string;
}

/** Longest that a side may take: what hangs must not hang the whole benchmark. */
const limitMilliseconds = 30 * 60_000;

/** Runs a command to its end and says what its whole process tree took. Rejects when it fails. */
export async function measureCommand(command: Command): Promise<CommandCost> {
  const tree = new ProcessTree();
  const before = { busy: machineBusySeconds(), own: ownCpuSeconds() };
  const started = performance.now();
  // The shell's account of its children is exact for all that was waited for; what is sampled has the daemons.
  const child = spawn("bash", ["-c", `TIMEFORMAT='%U %S'; time "$@" 2>&3`, "bash", command.program, ...command.args], {
    cwd: command.folder,
    env: { ...process.env, ...command.environment, ...tree.environment },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let account = "";
  let complaint = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    command.onOutput?.(stdout, (performance.now() - started) / 1000);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    account += text;
  });
  child.stdio[3]?.on("data", (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-4000);
  });
  const timer = setInterval(() => tree.look(true), command.memoryEveryMilliseconds ?? 100);
  const limit = setTimeout(() => endAll(tree), limitMilliseconds);
  let wallSeconds = 0;
  child.on("exit", () => {
    wallSeconds = (performance.now() - started) / 1000;
    clearInterval(timer);
    clearTimeout(limit);
    // Daemons may outlive the command and hold its pipes open.
    endAll(tree);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0)
    throw new Error(`${path.basename(command.program)} exited with ${code}: ${lastLine(complaint || stdout)}`);
  const [user = 0, system = 0] = (account.trim().split("\n").at(-1) ?? "").split(" ").map(Number);
  const cpuSeconds = Math.max(user + system, tree.cpuSeconds);
  const ours = ownCpuSeconds() - before.own;
  const foreign = (machineBusySeconds() - before.busy - cpuSeconds - ours) / wallSeconds;
  return {
    wallSeconds,
    cpuSeconds,
    peakBytes: tree.peakBytes,
    ...(command.hasServer === true ? {} : { foreignCores: Math.max(0, foreign) }),
    stdout,
  };
}

/** Ends whatever belongs to a tree. */
export function endAll(tree: ProcessTree): void {
  for (const id of tree.look(false)) {
    try {
      process.kill(id, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** The last line that speaks of an error, or the last one at all. */
export function lastLine(text: string): string {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const chosen =
    lines.findLast((line) => /^(fatal python error|\S*(error|exception))\b/i.test(line)) ?? lines.at(-1) ?? "";
  return chosen.slice(0, 300);
}
