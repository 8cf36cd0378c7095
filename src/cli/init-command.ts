import { writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { builtinCatalog } from "../builtin-catalog.ts";
import { PipelineError } from "../model/errors.ts";
import { resolveUri } from "../storage/uri.ts";
import { exitCodes } from "./exit-code.ts";
import { inferPipeline, inferredLines } from "./infer-pipeline.ts";
import { pipelineYaml } from "./pipeline-yaml.ts";
import { surveyInput, surveyLine } from "./survey-input.ts";
import { terminal } from "./terminal.ts";

/** `pipeline init [input] [--out pipeline.yaml]`: writes a commented pipeline file for what it finds. */
export async function initCommand(input: string, out: string): Promise<number> {
  const file = path.resolve(out);
  const folder = path.dirname(file);
  const inputUri = resolveUri(input, process.cwd());
  const survey = await surveyInput(inputUri, builtinCatalog);
  const output = inputUri === folder ? path.join(folder, "out") : path.join(folder, `${path.basename(inputUri)}-out`);
  const inferred = inferPipeline(survey, locationIn(folder, inputUri), { file, output });
  await create(file, pipelineYaml(inferred, surveyLine(survey), locationIn(folder, output)), out);
  terminal.print(
    surveyLine(survey),
    ...inferredLines(inferred),
    "",
    `wrote ${out}`,
    `next: \`pipeline check ${out}\`, then \`pipeline run ${out}\``,
  );
  return exitCodes.done;
}

/** How a file in `folder` names `uri`: relative with `./`, or as it is when it lies elsewhere. */
function locationIn(folder: string, uri: string): string {
  if (!path.isAbsolute(uri)) return uri;
  const relative = path.relative(folder, uri).split(path.sep).join("/");
  if (relative.startsWith("..")) return uri;
  return relative === "" ? "." : `./${relative}`;
}

async function create(file: string, text: string, out: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw new PipelineError("FILE_EXISTS", `${JSON.stringify(out)} exists already and is not overwritten`, {
        details: { file },
      });
    }
    throw new PipelineError("OUTPUT_UNWRITABLE", `cannot write ${JSON.stringify(out)}`, {
      cause: error,
      details: { file },
    });
  }
}
