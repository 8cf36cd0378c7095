import { asPipelineError, PipelineError } from "../model/errors.ts";
import { exitCodes } from "./exit-code.ts";
import { resolveFile } from "./resolve-input.ts";
import { terminal } from "./terminal.ts";

/** `pipeline check <file>`: every finding at once; touches neither input nor output nor network. */
export async function checkCommand(file: string, options: { readonly json?: true }): Promise<number> {
  try {
    const { plan, planHash, warnings } = await resolveFile(file, {});
    if (options.json === true) {
      terminal.printJson({ valid: true, planHash, findings: [], warnings });
      return exitCodes.done;
    }
    for (const warning of warnings) terminal.note(`warning: ${warning}`);
    const steps = plan.stages.flatMap((stage) => stage.steps.map((step) => step.name));
    terminal.print(`${file} is fine: ${[plan.source.name, ...steps, plan.sink.name].join(" -> ")}`);
    return exitCodes.done;
  } catch (thrown) {
    if (options.json !== true || !(thrown instanceof PipelineError)) throw thrown;
    const error = asPipelineError(thrown, "INTERNAL", "unexpected error");
    const findings = error.details.findings ?? [{ code: error.code, message: error.message }];
    terminal.printJson({ valid: false, findings, warnings: [] });
    return error.scope === "usage" ? exitCodes.usage : exitCodes.failed;
  }
}
