import process from "node:process";
import { diagnose } from "../gpu/diagnose.ts";
import { gravestFirst } from "../gpu/finding.ts";
import { findInferenceRuntime, runtimeFindings } from "../gpu/inference-runtime.ts";
import { observeGpus } from "../gpu/observe-gpus.ts";
import { paintFor } from "../telemetry/paint.ts";
import { exitCodes } from "./exit-code.ts";
import { gpuLines } from "./gpu-lines.ts";
import { terminal } from "./terminal.ts";

/** `pipeline gpu`: exit code 1 when GPUs that are there or asked for cannot be used as they should. */
export async function gpuCommand(options: { readonly json?: true }): Promise<number> {
  const seen = await observeGpus(process.env);
  const { usableGpus, request, findings: ofDevices } = diagnose(seen);
  const inference = await findInferenceRuntime(process.cwd(), usableGpus.length);
  const findings = gravestFirst([...ofDevices, ...runtimeFindings(inference, usableGpus.length)]);
  if (options.json === true) terminal.printJson({ usableGpus, request, ...seen, inference, findings });
  else {
    const width = Math.min(process.stdout.columns ?? 100, 120);
    terminal.print(...gpuLines({ seen, usableGpus, request, inference, findings }, width, paintFor(process.stdout)));
  }
  return findings.some(({ level }) => level === "error") ? exitCodes.failed : exitCodes.done;
}
