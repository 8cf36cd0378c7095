import type { ErrorCode } from "../../model/error-codes.ts";
import { asPipelineError, type PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { type Origin, originText } from "../../plan/provenance.ts";
import type { ResolvedPipeline } from "../../plan/resolve-pipeline.ts";

/** Something that stands in the way of a run (`error`), or that its user should know before (`warning`). */
export type PreflightFinding = {
  readonly severity: "error" | "warning";
  readonly code: ErrorCode;
  /** Where it can be mended: `pipeline.yaml:4 (2-map-module)`, `flag --to`, a file of the input. */
  readonly where: string;
  readonly message: string;
  readonly expected: string | null;
  readonly received: string | null;
  readonly remedy: string;
};

/** One thing that was looked at, and everything that was found about it. */
export type PreflightCheck = {
  readonly name: "plan" | "input" | "steps" | "samples" | "output" | "space" | "memory";
  /** What was found, in one line, for a person. */
  readonly figure: string;
  /** The same for machines. */
  readonly facts: JsonObject;
  /** True when there was nothing to go by. */
  readonly isSkipped: boolean;
  readonly findings: readonly PreflightFinding[];
};

export type CheckStatus = "ok" | "skipped" | "warning" | "error";

/** The worst of the findings. */
export function statusOf({ findings, isSkipped }: PreflightCheck): CheckStatus {
  if (findings.some(({ severity }) => severity === "error")) return "error";
  if (findings.length > 0) return "warning";
  return isSkipped ? "skipped" : "ok";
}

type Compared = { readonly expected?: string; readonly received?: string; readonly remedy?: string };

export function finding(
  severity: PreflightFinding["severity"],
  error: PipelineError,
  where: string,
  { expected, received, remedy }: Compared = {},
): PreflightFinding {
  return {
    severity,
    code: error.code,
    where,
    message: error.message,
    expected: expected ?? textOf(error.details.expected),
    received: received ?? textOf(error.details.received),
    remedy: remedy ?? error.remedy,
  };
}

/** A finding for whatever was thrown. */
export function thrownFinding(thrown: unknown, where: string, compared?: Compared): PreflightFinding {
  return finding("error", asPipelineError(thrown, "INTERNAL", "unexpected error"), where, compared);
}

/** Where the file, a flag or the environment says what stands at `path`; the path itself where it is a default. */
export function placeOf({ provenance }: ResolvedPipeline, path: string): string {
  const origin: Origin | undefined = provenance.get(path);
  return origin === undefined || origin.from === "default" ? `${path} (default)` : originText(origin);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
