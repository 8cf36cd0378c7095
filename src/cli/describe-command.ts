import { machineLimits } from "../executors/local/machine-limits.ts";
import { describePipeline } from "../plan/describe.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { exitCodes } from "./exit-code.ts";
import { resolveFile } from "./resolve-input.ts";
import { terminal } from "./terminal.ts";

/** `pipeline describe <file>`: the resolved plan and where each value came from. */
export async function describeCommand(file: string, flags: Flags, options: { readonly json?: true }): Promise<number> {
  const resolved = await resolveFile(file, flags);
  const { text, json } = describePipeline(resolved, machineLimits());
  if (options.json === true) {
    terminal.printJson(json);
    return exitCodes.done;
  }
  for (const warning of resolved.warnings) terminal.note(`warning: ${warning}`);
  terminal.print(text.trimEnd());
  return exitCodes.done;
}
