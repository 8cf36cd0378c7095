import { existsSync } from "node:fs";
import {
  type Gpu,
  gpuFields,
  type MigDevice,
  parseCudaVersion,
  parseGpus,
  parseMigDevices,
  refusedField,
} from "./nvidia-smi.ts";
import { type ProbeAnswer, probeCommand } from "./probe-command.ts";

/** What `nvidia-smi` said, or why it said nothing. */
export type SmiAnswer =
  | {
      readonly outcome: "answered";
      readonly gpus: readonly Gpu[];
      readonly migDevices: readonly MigDevice[];
      /** The newest CUDA that the driver can run. */
      readonly cudaVersion: string | null;
      /** What it said beside that, such as of a GPU that does not answer; null when all went well. */
      readonly complaint: string | null;
    }
  | { readonly outcome: "missing" }
  | { readonly outcome: "failed"; readonly code: number | null; readonly message: string }
  | { readonly outcome: "timed-out"; readonly seconds: number };

/** Where WSL keeps it, which not every PATH names. */
const wslCommand = "/usr/lib/wsl/lib/nvidia-smi";

/** Without persistence mode the driver wakes every GPU for each call, which takes seconds on a large machine. */
const timeoutSeconds = 15;

/** Asks at most `timeoutSeconds` a question, all side by side. */
export async function askNvidiaSmi(): Promise<SmiAnswer> {
  const first = await askWith("nvidia-smi");
  return first.outcome === "missing" && existsSync(wslCommand) ? await askWith(wslCommand) : first;
}

async function askWith(command: string): Promise<SmiAnswer> {
  const [{ answer, fields }, summary, listing] = await Promise.all([
    queryGpus(command),
    probeCommand(command, [], timeoutSeconds),
    probeCommand(command, ["-L"], timeoutSeconds),
  ]);
  if (answer.outcome === "missing" || answer.outcome === "timed-out") return answer;
  if (answer.outcome === "not-started") return { outcome: "failed", code: null, message: answer.message };
  // It prints its errors to standard output as well.
  const { gpus, otherLines } = parseGpus(`${answer.stdout}\n${answer.stderr}`, fields);
  const complaint = otherLines.slice(0, 3).join(" ").slice(0, 400);
  if (gpus.length === 0) return { outcome: "failed", code: answer.code, message: complaint };
  return {
    outcome: "answered",
    gpus,
    migDevices: parseMigDevices(textOf(listing)),
    cudaVersion: parseCudaVersion(textOf(summary)),
    complaint: answer.code === 0 || complaint === "" ? null : complaint,
  };
}

/** Drivers of different ages know different fields: what one refuses is left out and the rest asked for again. */
async function queryGpus(
  command: string,
): Promise<{ readonly answer: ProbeAnswer; readonly fields: readonly string[] }> {
  let fields = gpuFields;
  while (true) {
    const words = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader,nounits"];
    const answer = await probeCommand(command, words, timeoutSeconds);
    const refused = answer.outcome === "exited" ? refusedField(answer.stdout + answer.stderr) : undefined;
    if (refused === undefined || !fields.includes(refused)) return { answer, fields };
    fields = fields.filter((field) => field !== refused);
  }
}

function textOf(answer: ProbeAnswer): string {
  return answer.outcome === "exited" ? answer.stdout : "";
}
