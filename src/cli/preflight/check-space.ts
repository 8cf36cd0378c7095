import type { PreflightReport } from "../../contract/preflight.ts";
import { formatBytes } from "../../contract/units.ts";
import { PipelineError } from "../../model/errors.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";
import { storageFor } from "../../storage/open-storage.ts";
import { relativeUri } from "../../storage/uri.ts";
import type { ListedInput } from "../list-splits.ts";
import type { CheckedOutput } from "./check-output.ts";
import { finding, type PreflightCheck, type PreflightFinding, placeOf, thrownFinding } from "./finding.ts";

/** What the ledger keeps of a file of the frozen input, and of a finished split, generously. */
const ledgerBytesPerFile = 300;
const ledgerBytesPerSplit = 3000;
/** Closer than this to full is worth a warning: the estimate is no better. */
const margin = 0.1;

interface SpaceQuestion {
  readonly resolved: ResolvedPipeline;
  readonly listed: ListedInput | undefined;
  readonly report: PreflightReport | undefined;
  readonly state: CheckedOutput["state"];
}

/** Whether what a run will write fits on what is free. Never rejects. */
export async function checkSpace(question: SpaceQuestion): Promise<PreflightCheck> {
  const { resolved, state } = question;
  const { output, checkpoints } = resolved.settings;
  if (output === undefined || checkpoints === undefined) return skipped("no output folder was given");
  try {
    const free = await storageFor(output).freeBytes(output);
    const needed = state === "published" ? 0 : await bytesToWrite(question, output);
    if (needed === undefined || free === undefined) {
      const known = free === undefined ? "free space is not known for this storage" : `${formatBytes(free)} free`;
      return skipped(
        `${known}; no estimate: ${needed === undefined ? "no sample went through every step" : formatBytes(needed)}`,
      );
    }
    const ledger = ledgerBytes(question.listed);
    const isInside = relativeUri(output, checkpoints) !== checkpoints;
    const elsewhere = isInside ? [] : await checkpointFindings(resolved, checkpoints, ledger);
    const total = isInside ? needed + ledger : needed;
    return {
      name: "space",
      figure: `${formatBytes(free)} free, about ${formatBytes(total)} needed`,
      facts: { freeBytes: free, neededBytes: total },
      isSkipped: false,
      findings: [...spaceFindings(output, total, free, placeOf(resolved, "output")), ...elsewhere],
    };
  } catch (thrown) {
    const findings = [thrownFinding(thrown, placeOf(resolved, "output"))];
    return { name: "space", figure: "cannot be told", facts: {}, isSkipped: false, findings };
  }
}

function skipped(figure: string): PreflightCheck {
  return { name: "space", figure, facts: {}, isSkipped: true, findings: [] };
}

/** Shards and spools, less what an interrupted run has written already. Undefined when nothing was tried. */
async function bytesToWrite({ listed, report, state }: SpaceQuestion, output: string): Promise<number | undefined> {
  if (listed === undefined || report === undefined || report.stageBytes === null) return undefined;
  const { samples, bytes } = report.looked;
  // The number of samples scales better than bytes do, which may be compressed in the input.
  const scale = listed.samples === null ? listed.bytes / Math.max(1, bytes) : listed.samples / samples;
  const all = report.stageBytes.reduce((sum, stage) => sum + stage, 0) * scale;
  if (state !== "begun") return Math.round(all);
  let written = 0;
  for await (const object of storageFor(output).list(output)) written += object.bytes;
  return Math.max(0, Math.round(all - written));
}

function ledgerBytes(listed: ListedInput | undefined): number {
  return (listed?.files ?? 0) * ledgerBytesPerFile + (listed?.splits ?? 0) * ledgerBytesPerSplit;
}

async function checkpointFindings(
  resolved: ResolvedPipeline,
  checkpoints: string,
  needed: number,
): Promise<readonly PreflightFinding[]> {
  const free = await storageFor(checkpoints).freeBytes(checkpoints);
  if (free === undefined) return [];
  return spaceFindings(checkpoints, needed, free, placeOf(resolved, "run.checkpoints.folder"));
}

function spaceFindings(folder: string, needed: number, free: number, where: string): readonly PreflightFinding[] {
  if (needed <= free * (1 - margin)) return [];
  const isTooMuch = needed > free;
  const error = new PipelineError(
    "STORAGE_FULL",
    isTooMuch
      ? `what the run writes to ${JSON.stringify(folder)} does not fit`
      : `what the run writes to ${JSON.stringify(folder)} fills it to within ${margin * 100} %`,
  );
  return [
    finding(isTooMuch ? "error" : "warning", error, where, {
      expected: `about ${formatBytes(needed)} free`,
      received: `${formatBytes(free)} free`,
      remedy: "Free space, or choose a folder on another file system.",
    }),
  ];
}
