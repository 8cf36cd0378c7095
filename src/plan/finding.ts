import type { ErrorCode } from "../model/error-codes.ts";
import { PipelineError } from "../model/errors.ts";
import type { JsonObject } from "../model/json.ts";

/** Keys and list positions that lead to a value of a pipeline file: `["steps", 1, "filter-blur"]`. */
export type KeyPath = readonly (string | number)[];

/** Where something stands in a pipeline file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line. */
  readonly text: string;
}

/** One mistake in a pipeline file. */
export interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: KeyPath;
  /** Absent when the pipeline was made in code, or the value came from a flag or the environment. */
  readonly place?: Place | undefined;
  readonly expected?: string | undefined;
  readonly received?: string | undefined;
  readonly suggestion?: string | undefined;
}

/** `steps[1].filter-blur.minLaplacianVariance`: the same words as in the file. */
export function pathText(path: KeyPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}

/** `" Did you mean …?"`, or nothing. */
export function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? "" : ` Did you mean ${JSON.stringify(suggestion)}?`;
}

/** The finding with its place in front and the line it is about below. */
export function findingText(finding: Finding): string {
  const { place } = finding;
  if (place === undefined) return finding.message;
  return `${place.file}:${place.line}:${place.column}: ${finding.message}\n${codeFrame(place)}`;
}

/**
 * One error that lists every finding, in the order of the file. Its code is the first finding's;
 * `details.findings` has them all for machines.
 */
export function errorOfFindings(findings: readonly Finding[], name: string): PipelineError {
  const ordered = [...findings].sort((a, b) => linesOf(a) - linesOf(b) || columnsOf(a) - columnsOf(b));
  const texts = ordered.map(findingText);
  const message = texts.length === 1 ? texts.join("") : `${texts.length} mistakes in ${name}\n\n${texts.join("\n\n")}`;
  return new PipelineError(ordered[0]?.code ?? "INVALID_OPTION", message, {
    details: { findings: ordered.map(findingDetails) },
  });
}

// What has no place in the file (flags, environment) comes first: it is what was typed last.
function linesOf(finding: Finding): number {
  return finding.place?.line ?? 0;
}

function columnsOf(finding: Finding): number {
  return finding.place?.column ?? 0;
}

function findingDetails(finding: Finding): JsonObject {
  const { code, message, path, place, expected, received, suggestion } = finding;
  return {
    code,
    message,
    path: pathText(path),
    ...(place === undefined ? {} : { file: place.file, line: place.line, column: place.column }),
    ...(expected === undefined ? {} : { expected }),
    ...(received === undefined ? {} : { received }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

const longestLine = 120;

function codeFrame(place: Place): string {
  const number = String(place.line);
  const cutBefore = place.column > longestLine - 20 ? place.column - 60 : 0;
  const shown = place.text.slice(cutBefore, cutBefore + longestLine).replaceAll("\t", " ");
  const gutter = " ".repeat(number.length);
  return `  ${number} | ${shown}\n  ${gutter} | ${" ".repeat(place.column - 1 - cutBefore)}^`;
}
