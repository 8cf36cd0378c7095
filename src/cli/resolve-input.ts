import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import { PipelineError } from "../model/errors.ts";
import { type ResolvedPipeline, resolvePipeline } from "../plan/resolve-pipeline.ts";
import type { Flags } from "../plan/settings-overrides.ts";
import { resolveUri } from "../storage/uri.ts";
import { type PipelineText, readPipelineFile } from "./pipeline-input.ts";

/** The resolved pipeline of a pipeline file, with flags and environment in their places. */
export async function resolveFile(argument: string, flags: Flags): Promise<ResolvedPipeline> {
  return resolvePipelineText(await readPipelineFile(argument), flags);
}

/** The same, of a file that was read. */
export function resolvePipelineText(pipeline: PipelineText, flags: Flags): Promise<ResolvedPipeline> {
  return resolvePipeline({
    ...pipeline,
    workingFolder: process.cwd(),
    catalog: builtinCatalog,
    flags,
    environment: process.env,
  });
}

export interface InferredInput {
  readonly resolved: ResolvedPipeline;
  /** What was found and chosen, for a person. */
  readonly lines: readonly string[];
}

/** A pipeline for raw data, chosen by looking at it. Rejects with USAGE when no output folder is given. */
export async function resolveRawInput(argument: string, flags: Flags): Promise<InferredInput> {
  const output = flags.output ?? process.env.OUTPUT_PATH;
  if (output === undefined || output === "") {
    throw new PipelineError(
      "USAGE",
      `where shall the output of ${JSON.stringify(argument)} go? Give a folder: \`pipeline run ${argument} --to ./out\``,
    );
  }
  const { surveyInput, surveyLine } = await import("./survey-input.ts");
  const { inferPipeline, inferredDocument, inferredLines } = await import("./infer-pipeline.ts");
  const uri = resolveUri(argument, process.cwd());
  const survey = await surveyInput(uri, builtinCatalog);
  const inferred = inferPipeline(survey, uri, { output: resolveUri(String(output), process.cwd()) });
  const resolved = await resolvePipeline({
    document: inferredDocument(inferred),
    writtenBy: "inference",
    baseFolder: process.cwd(),
    workingFolder: process.cwd(),
    catalog: builtinCatalog,
    flags,
    environment: process.env,
  });
  return { resolved, lines: [surveyLine(survey), "", ...inferredLines(inferred), ""] };
}
