import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { PipelineError } from "../model/errors.ts";

/** A pipeline file as the user named it, read but not parsed. */
export interface PipelineText {
  readonly text: string;
  /** As typed: messages use it. */
  readonly fileName: string;
  /** Relative paths in the file start here. */
  readonly baseFolder: string;
}

/** Whether an argument of `run` names a pipeline file, as opposed to raw data. By its suffix: data can be JSON too. */
export function namesPipelineFile(argument: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(argument);
}

/** Reads a pipeline file. Rejects with FILE_UNREADABLE. */
export async function readPipelineFile(argument: string): Promise<PipelineText> {
  const file = path.resolve(process.cwd(), argument);
  try {
    return { text: await readFile(file, "utf8"), fileName: argument, baseFolder: path.dirname(file) };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? reasons[String(error.code)] : undefined;
    throw new PipelineError(
      "FILE_UNREADABLE",
      `cannot read ${JSON.stringify(argument)}${why === undefined ? "" : `: ${why}`}`,
      {
        cause: error,
        details: { file },
      },
    );
  }
}

const reasons: { readonly [code: string]: string } = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder; a pipeline file is expected",
  EACCES: "its permissions forbid it",
};
