import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "../contract/run-event.ts";
import type { ExecutorChoice } from "../executors/choose-executor.ts";
import { workerProfileName } from "../executors/local/local-executor.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import { type CpuProfile, mergeProfiles, parseCpuProfile } from "../telemetry/cpu-profile.ts";
import { paintFor } from "../telemetry/paint.ts";
import { profileLines } from "../telemetry/profile-lines.ts";
import { WorkerTime } from "../telemetry/worker-time.ts";
import { type CpuProfiler, startCpuProfiler } from "../worker/cpu-profiler.ts";

const coordinatorName = "coordinator.cpuprofile";
/** What an earlier run left: it must not pass for this one's. */
const profileNames = /^(?:coordinator|worker-\d+)\.cpuprofile(?:\.part)?$/;

/** Profiles of a run's processes, from before it begins to its report. */
export class RunProfile {
  /** Where the workers write theirs. */
  readonly folder: string;
  readonly #coordinator: CpuProfiler;
  readonly #time = new WorkerTime();
  readonly #workers = new Set<number>();
  readonly #lost: string[] = [];

  private constructor(folder: string, coordinator: CpuProfiler) {
    this.folder = folder;
    this.#coordinator = coordinator;
  }

  /**
   * Makes the folder and begins with this process. Rejects with INVALID_OPTION where workers are on other machines, or
   * when the folder cannot be made.
   */
  static async begin(folder: string, { kind }: ExecutorChoice): Promise<RunProfile> {
    if (kind !== "local")
      throw new PipelineError(
        "INVALID_OPTION",
        "--profile: expected a run on this machine, received one in a Ray cluster. Profiles are taken of this machine's workers: run a part of the input with --executor local to see where time goes",
      );
    const place = path.resolve(folder);
    try {
      await mkdir(place, { recursive: true });
      for (const name of await readdir(place)) if (profileNames.test(name)) await rm(path.join(place, name));
    } catch (cause) {
      throw asPipelineError(cause, "INVALID_OPTION", `--profile: the folder ${place} cannot be written`);
    }
    return new RunProfile(place, await startCpuProfiler(path.join(place, coordinatorName)));
  }

  onEvent(event: RunEvent): void {
    this.#time.onEvent(event, performance.now() / 1000);
    if (event.type === "worker-started") this.#workers.add(event.worker);
    if (event.type === "worker-lost")
      this.#lost.push(`what worker ${event.worker} did before it was lost is in no profile: ${event.reason}`);
  }

  /** Writes this process's profile: to be called once the workers have ended. */
  finish(): Promise<void> {
    return this.#coordinator.finish();
  }

  /** For a person: where the workers' time went, what was hottest, where the profiles lie. */
  async reportLines(stepIds: readonly string[]): Promise<readonly string[]> {
    const files: string[] = [];
    const missing: string[] = [];
    const read = async (name: string): Promise<readonly CpuProfile[]> => {
      const file = path.join(this.folder, name);
      const profile = parseCpuProfile(await readFile(file, "utf8").catch(() => ""));
      // The sentence says so in the report.
      if (profile === undefined) missing.push(`${file} was not written: its process was ended before it could`);
      else files.push(file);
      return profile === undefined ? [] : [profile];
    };
    const workers: CpuProfile[] = [];
    for (const worker of [...this.#workers].sort((a, b) => a - b))
      workers.push(...(await read(workerProfileName(worker))));
    const coordinator = await read(coordinatorName);
    const report = {
      time: this.#time.figures,
      stepIds,
      workers: mergeProfiles(workers),
      coordinator: coordinator.length === 0 ? null : mergeProfiles(coordinator),
      files,
      missing: [...this.#lost, ...missing],
      placeOf,
    };
    return profileLines(report, process.stdout.columns ?? 100, paintFor(process.stdout));
  }
}

/** Short where the file lies below the current folder. */
function placeOf(url: string): string {
  if (!url.startsWith("file:")) return url;
  const file = fileURLToPath(url);
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}
