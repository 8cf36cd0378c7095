import type { Catalog } from "../../contract/catalog.ts";
import { inspectOutput } from "../../coordinator/prepare-run.ts";
import { proveOutput } from "../../coordinator/prove-output.ts";
import { PipelineError } from "../../model/errors.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { relativeUri } from "../../storage/uri.ts";
import { type PreflightCheck, type PreflightFinding, placeOf, thrownFinding } from "./finding.ts";

export interface CheckedOutput {
  readonly check: PreflightCheck;
  /** What lies there; undefined when it cannot be told, or is something else. */
  readonly state: "free" | "begun" | "published" | undefined;
}

const stateTexts = {
  free: "is free",
  begun: "holds a run of this plan, which goes on",
  published: "holds the finished dataset of this plan",
} as const;

/**
 * Looks at what lies at the output, and proves that it and the checkpoints' folder can be written, with one object
 * that it removes. Never rejects.
 */
export async function checkOutput(resolved: ResolvedPipeline, catalog: Catalog): Promise<CheckedOutput> {
  const { output, checkpoints } = resolved.settings;
  if (output === undefined || checkpoints === undefined) return noOutput(resolved);
  const isInside = relativeUri(output, checkpoints) !== checkpoints;
  const places = [
    { folder: output, where: placeOf(resolved, "output") },
    ...(isInside ? [] : [{ folder: checkpoints, where: placeOf(resolved, "run.checkpoints.folder") }]),
  ];
  const refusals = await Promise.all(places.map(({ folder, where }) => refusalOf(folder, where)));
  const unwritable = refusals.flatMap((refusal) => (refusal === undefined ? [] : [refusal.found]));
  const isProven = unwritable.length === 0;
  // Nothing lies behind a file that is in the way.
  const isBarred = refusals.some((refusal) => refusal?.isBarred === true);
  const inspected = isBarred ? { findings: [] } : await inspect(resolved, catalog, { output, checkpoints });
  const { state } = inspected;
  const written = isProven ? "can be written, conditional writes are honoured" : "cannot be written";
  const holds = state === undefined ? "cannot take this run" : stateTexts[state];
  return {
    check: {
      name: "output",
      figure: `${output} ${holds}; ${written}`,
      facts: { output, checkpoints, state: state ?? null, isWritable: isProven },
      isSkipped: false,
      findings: [...inspected.findings, ...unwritable],
    },
    state,
  };
}

async function refusalOf(
  folder: string,
  where: string,
): Promise<{ readonly found: PreflightFinding; readonly isBarred: boolean } | undefined> {
  try {
    await proveOutput([folder]);
    return undefined;
  } catch (thrown) {
    const isBarred = thrown instanceof PipelineError && thrown.details.file !== undefined;
    return { found: thrownFinding(thrown, where, { expected: "a folder that can be written" }), isBarred };
  }
}

async function inspect(
  resolved: ResolvedPipeline,
  catalog: Catalog,
  folders: { readonly output: string; readonly checkpoints: string },
): Promise<{ readonly state?: CheckedOutput["state"]; readonly findings: readonly PreflightFinding[] }> {
  try {
    return { state: await inspectOutput(resolved.plan, catalog, folders), findings: [] };
  } catch (thrown) {
    return { findings: [thrownFinding(thrown, placeOf(resolved, "output"), expectedOf(thrown))] };
  }
}

function noOutput(resolved: ResolvedPipeline): CheckedOutput {
  const error = new PipelineError("INVALID_OPTION", "no output folder was given");
  const remedy = "Add `output: ./out` to the pipeline file, or give --to <folder> or OUTPUT_PATH.";
  const findings = [
    thrownFinding(error, placeOf(resolved, "output"), { expected: "a folder", received: "nothing", remedy }),
  ];
  return {
    check: { name: "output", figure: "no output folder was given", facts: {}, isSkipped: false, findings },
    state: undefined,
  };
}

function expectedOf(thrown: unknown): { readonly expected?: string; readonly received?: string } {
  if (!(thrown instanceof PipelineError)) return {};
  if (thrown.code === "OUTPUT_NOT_EMPTY") return { expected: "an empty folder, a run of this plan, or no folder yet" };
  if (thrown.code === "PLAN_MISMATCH") return { expected: "a run of this plan", received: "a run of another plan" };
  return {};
}
