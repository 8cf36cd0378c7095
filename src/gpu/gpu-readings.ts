import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const answerMilliseconds = 5000;

/** What a GPU does at one moment. NaN where the card does not tell. */
export interface GpuReading {
  /** As `nvidia-smi` counts. */
  readonly gpu: string;
  /** Percent of the time in which it was at work. */
  readonly utilization: number;
  /** MiB. */
  readonly memoryUsed: number;
  /** MiB. */
  readonly memory: number;
  /** Degrees Celsius. */
  readonly temperature: number;
  /** Watts. */
  readonly power: number;
}

/** The `nvidia-smi` that a search path like PATH finds. */
export function nvidiaSmiIn(searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, "nvidia-smi"))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK);
        return true;
      } catch {
        // Not in this folder: then no GPU is shown.
        return false;
      }
    });
}

/** Rejects when the driver does not answer within five seconds, or says that it cannot. */
export async function readGpus(program: string): Promise<readonly GpuReading[]> {
  const fields = "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw";
  const { stdout } = await promisify(execFile)(program, [`--query-gpu=${fields}`, "--format=csv,noheader,nounits"], {
    timeout: answerMilliseconds,
    killSignal: "SIGKILL",
  });
  return stdout
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [gpu = "", ...values] = line.split(",").map((value) => value.trim());
      // What a card does not tell, such as `[N/A]`, is no number.
      const [utilization = NaN, memoryUsed = NaN, memory = NaN, temperature = NaN, power = NaN] = values.map(Number);
      return { gpu, utilization, memoryUsed, memory, temperature, power };
    });
}
