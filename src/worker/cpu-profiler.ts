import { rename, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import process from "node:process";
import { messageOf } from "../model/errors.ts";

/** Between two looks at what runs. */
const intervalMicroseconds = 1000;

/** A CPU profile of this process that is being taken. */
export interface CpuProfiler {
  /** Stops and writes the profile. Never rejects: what cannot be written is said on standard error. */
  finish(): Promise<void>;
}

/**
 * Begins a CPU profile of this process, for the file at a path, in the format that Chrome DevTools and speedscope open.
 *
 * Asked of the process itself and not by `--cpu-prof`: workers may boot before anybody knows that a profile is wanted. What
 * was looked at stays in memory until the end, so a process that is killed leaves no profile.
 */
export async function startCpuProfiler(file: string): Promise<CpuProfiler> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: intervalMicroseconds });
  await session.post("Profiler.start");
  return {
    async finish() {
      try {
        const { profile } = await session.post("Profiler.stop");
        session.disconnect();
        // A name of its own until it is whole: nobody takes half a profile for one.
        await writeFile(`${file}.part`, JSON.stringify(profile));
        await rename(`${file}.part`, file);
      } catch (error) {
        // The report at the end says which profiles are missing.
        process.stderr.write(`the CPU profile ${file} cannot be written: ${messageOf(error)}\n`);
      }
    },
  };
}
