import { formatBytes } from "../../contract/units.ts";
import { type MachineLimits, workerBytes } from "../../executors/local/machine-limits.ts";
import { PipelineError } from "../../model/errors.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { workersWithin } from "../../plan/resolved-settings.ts";
import { plural } from "../../telemetry/format-quantity.ts";
import { finding, type PreflightCheck, type PreflightFinding, placeOf } from "./finding.ts";

/** Settings that this machine's memory cannot hold. */
export function checkMemory(resolved: ResolvedPipeline, machine: MachineLimits): PreflightCheck {
  const { settings } = resolved;
  const workers = workersWithin(settings.workers, machine.workers);
  const budget = settings.memoryBudgetBytes === "auto" ? machine.memoryBudgetBytes : settings.memoryBudgetBytes;
  const { memoryBytes } = machine;
  const total = workers * workerBytes + budget;
  const available = `${formatBytes(memoryBytes)} that this process may use`;
  const findings: PreflightFinding[] = [];
  if (budget > memoryBytes) {
    const error = new PipelineError("INVALID_OPTION", "the memory budget is more than there is");
    findings.push(
      finding("warning", error, placeOf(resolved, "run.memoryBudget"), {
        expected: `less than ${available}`,
        received: formatBytes(budget),
        remedy: "Lower `run.memoryBudget`, or leave it at `auto`.",
      }),
    );
  } else if (total > memoryBytes) {
    const error = new PipelineError(
      "INVALID_OPTION",
      `${plural(workers, "worker")} with the memory budget take more than there is`,
    );
    findings.push(
      finding("warning", error, placeOf(resolved, "run.workers"), {
        expected: `less than ${available}`,
        received: `about ${formatBytes(total)}`,
        remedy: "Lower `run.workers`, or leave it at `auto`.",
      }),
    );
  }
  return {
    name: "memory",
    figure: `${plural(workers, "worker")} with ${formatBytes(budget)} of samples take about ${formatBytes(total)} of ${formatBytes(memoryBytes)}`,
    facts: { workers, memoryBudgetBytes: budget, memoryBytes },
    isSkipped: false,
    findings,
  };
}
