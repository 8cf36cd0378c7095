import type { ExecutorChoice } from "../executors/choose-executor.ts";
import { executorLimits } from "../executors/create-executor.ts";
import type { WorkerProcess } from "../executors/local/worker-process.ts";
import type { ResolvedPipeline } from "../plan/resolve-pipeline.ts";
import { completeSettings } from "../plan/resolved-settings.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { executeRun } from "./execute-run.ts";
import { namesPipelineFile } from "./pipeline-input.ts";
import { resolveFile, resolveRawInput } from "./resolve-input.ts";
import type { RunProfile } from "./run-profile.ts";
import { tellRefusal, type WatchFlags, type WatchMode, watchMode } from "./run-watch.ts";
import { terminal } from "./terminal.ts";

interface RunOptions extends WatchFlags {
  readonly executor: ExecutorChoice;
  /** Booting already; the run takes it over, and its caller closes it when there is none. */
  readonly firstWorker?: WorkerProcess;
  /** Folder for CPU profiles of all processes; none are taken without it. */
  readonly profile?: string;
}

/** `pipeline run <input-or-file>`: the job, with live progress; answers the exit code. */
export async function runCommand(input: string, flags: Flags, options: RunOptions): Promise<number> {
  const mode = watchMode(options);
  try {
    const resolved = await resolveInput(input, flags, mode);
    for (const warning of resolved.warnings) terminal.note(`warning: ${warning}`);
    const settings = completeSettings(resolved.settings, executorLimits(options.executor, resolved.settings.workers));
    const resume = resumeCommand(input, flags);
    const profile = await beginProfile(options);
    const { exitCode } = await executeRun({
      plan: resolved.plan,
      settings,
      executor: options.executor,
      mode,
      ...(options.firstWorker === undefined ? {} : { firstWorker: options.firstWorker }),
      ...(profile === undefined ? {} : { profile }),
      resume,
    });
    return exitCode;
  } catch (thrown) {
    await tellRefusal(mode, thrown);
    throw thrown;
  }
}

async function beginProfile({ profile, executor }: RunOptions): Promise<RunProfile | undefined> {
  if (profile === undefined) return undefined;
  const { RunProfile } = await import("./run-profile.ts");
  return RunProfile.begin(profile, executor);
}

async function resolveInput(input: string, flags: Flags, mode: WatchMode): Promise<ResolvedPipeline> {
  if (namesPipelineFile(input)) return resolveFile(input, flags);
  const { resolved, lines } = await resolveRawInput(input, flags);
  if (mode === "live" || mode === "lines") {
    terminal.note(...lines, `to change any of it: \`pipeline init ${quoted(input)}\` writes it as a file`, "");
  }
  return resolved;
}

function resumeCommand(input: string, flags: Flags): string {
  const to = flags.output === undefined ? "" : ` --to ${quoted(String(flags.output))}`;
  const checkpoints = flags.checkpoints === undefined ? "" : ` --checkpoints ${quoted(String(flags.checkpoints))}`;
  return `pipeline run ${quoted(input)}${to}${checkpoints}`;
}

/** As a shell takes it. */
function quoted(argument: string): string {
  return /^[\w./:@%+=,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
