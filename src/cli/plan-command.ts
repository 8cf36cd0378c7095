import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import { type Catalog, loadComponent } from "../contract/catalog.ts";
import { openPlanSource } from "../contract/open-plan-source.ts";
import type { Plan } from "../contract/plan.ts";
import { machineLimits } from "../executors/local/machine-limits.ts";
import { workersWithin } from "../plan/resolved-settings.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { paintFor } from "../telemetry/paint.ts";
import { exitCodes } from "./exit-code.ts";
import { listSplits } from "./list-splits.ts";
import { planLines } from "./plan-report.ts";
import { estimateRun } from "./probe-estimate.ts";
import { probePipeline } from "./probe-pipeline.ts";
import { resolveFile } from "./resolve-input.ts";
import { terminal } from "./terminal.ts";

interface PlanOptions {
  readonly json?: true;
  readonly probe?: number;
}

/** `pipeline plan <file> [--probe n]`: lists the input, shows splits and stages, and tries some samples. */
export async function planCommand(file: string, flags: Flags, options: PlanOptions): Promise<number> {
  const { plan, planHash, settings, warnings } = await resolveFile(file, flags);
  for (const warning of warnings) terminal.note(`warning: ${warning}`);
  const catalog: Catalog = builtinCatalog;
  const workers = workersWithin(settings.workers, machineLimits().workers);
  const source = await openPlanSource(plan, catalog);
  try {
    const input = await listSplits(source, new AbortController().signal);
    const needsBytes = await sinkNeedsBytes(plan, catalog);
    const probe =
      options.probe === undefined
        ? null
        : await probePipeline({
            plan,
            catalog,
            source,
            splits: input.spread,
            samples: options.probe,
            batchSize: settings.batchSize,
            needsBytes,
          });
    const estimate = probe === null ? null : estimateRun(input, probe, workers);
    if (options.json === true) {
      const { spread: _, ...listed } = input;
      terminal.printJson({ planHash, stages: plan.stages, input: listed, workers, probe, estimate });
    } else {
      const width = Math.min(process.stdout.columns ?? 100, 120);
      terminal.print(...planLines({ plan, input, probe, estimate, workers }, width, paintFor(process.stdout)));
    }
    return exitCodes.done;
  } finally {
    await source.close?.();
  }
}

async function sinkNeedsBytes(plan: Plan, catalog: Catalog): Promise<boolean> {
  const spec = await loadComponent(catalog.sinks, "sink", plan.sink.name);
  return spec.needsBytes(spec.options.parse(plan.sink.options));
}
