import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import type { ExecutorChoice } from "../executors/choose-executor.ts";
import { asPipelineError, PipelineError } from "../model/errors.ts";
import type { ResolvedPipeline } from "../plan/resolve-pipeline.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { plural } from "../telemetry/format-quantity.ts";
import { paintFor } from "../telemetry/paint.ts";
import { exitCodes, signalExitCode } from "./exit-code.ts";
import { planText } from "./plan-text.ts";
import { type PreflightCheck, statusOf } from "./preflight/finding.ts";
import { resolveFile } from "./resolve-input.ts";
import { terminal } from "./terminal.ts";

interface CheckOptions {
  readonly json?: true;
  readonly deep?: true;
}

/**
 * `pipeline check <file>`: every mistake at once; touches neither input nor output nor network. With `--deep` it goes
 * on to what a run will need: input, worker, output, space.
 */
export async function checkCommand(
  file: string,
  flags: Flags,
  executor: ExecutorChoice,
  options: CheckOptions,
): Promise<number> {
  try {
    const resolved = await resolveFile(file, flags);
    const { plan, planHash, warnings } = resolved;
    if (options.json !== true) for (const warning of warnings) terminal.note(`warning: ${warning}`);
    if (options.deep === true) return await deepCheck(resolved, executor, options);
    if (options.json === true) terminal.printJson({ valid: true, planHash, findings: [], warnings });
    else terminal.print(`${file} is fine: ${planText(plan)}`);
    return exitCodes.done;
  } catch (thrown) {
    if (options.json !== true || !(thrown instanceof PipelineError)) throw thrown;
    const error = asPipelineError(thrown, "INTERNAL", "unexpected error");
    const findings = error.details.findings ?? [{ code: error.code, message: error.message }];
    terminal.printJson({ valid: false, findings, warnings: [] });
    return error.scope === "usage" ? exitCodes.usage : exitCodes.failed;
  }
}

async function deepCheck(
  resolved: ResolvedPipeline,
  executor: ExecutorChoice,
  { json }: CheckOptions,
): Promise<number> {
  const { runChecks } = await import("./preflight/run-checks.ts");
  const { checkLines, findingLines } = await import("./preflight/report-lines.ts");
  const width = Math.min(process.stdout.columns ?? 100, 120);
  const paint = paintFor(process.stdout);
  const interruption = listenForSignals();
  const checks: PreflightCheck[] = [];
  try {
    for await (const check of runChecks(resolved, builtinCatalog, executor, interruption.signal)) {
      checks.push(check);
      if (json !== true) terminal.print(...checkLines(check, width, paint));
    }
  } catch (thrown) {
    if (interruption.first === undefined) throw thrown;
    return signalExitCode(interruption.first);
  } finally {
    interruption.stop();
  }
  if (interruption.first !== undefined) return signalExitCode(interruption.first);
  if (json === true) printJsonReport(resolved, checks);
  else terminal.print(...findingLines(checks, width, paint));
  return verdict(checks, json === true);
}

function verdict(checks: readonly PreflightCheck[], isJson: boolean): number {
  const findings = checks.flatMap((check) => check.findings);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  const warned = warnings === 0 ? "" : `, ${plural(warnings, "warning")}`;
  if (isJson) return errors === 0 ? exitCodes.done : exitCodes.usage;
  terminal.print("");
  if (errors > 0) throw new PipelineError("PREFLIGHT_FAILED", `a run would fail: ${plural(errors, "error")}${warned}`);
  terminal.print(`a run can begin${warned}`);
  return exitCodes.done;
}

function printJsonReport({ planHash, warnings }: ResolvedPipeline, checks: readonly PreflightCheck[]): void {
  const findings = checks.flatMap(({ name, findings: found }) => found.map((each) => ({ check: name, ...each })));
  const valid = findings.every(({ severity }) => severity !== "error");
  terminal.printJson({
    valid,
    planHash,
    checks: checks.map((check) => ({
      name: check.name,
      status: statusOf(check),
      figure: check.figure,
      ...check.facts,
    })),
    findings,
    warnings,
  });
}

/** The first signal ends the checks after they have cleaned up; a second one does what signals do. */
function listenForSignals() {
  const stop = new AbortController();
  let first: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    first ??= signal;
    stop.abort();
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.once(signal, onSignal);
  return {
    signal: stop.signal,
    get first() {
      return first;
    },
    stop: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
