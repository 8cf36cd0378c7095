import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { measureCommand } from "./measure-command.ts";
import type { Measured } from "./workload.ts";

/** The built command, as a user has it. */
export const cli = path.join(import.meta.dirname, "../../dist/cli/main.js");

export interface PipelineJob {
  /** Where pipeline file and output go. */
  readonly folder: string;
  /** Of both; a job has its own. */
  readonly name: string;
  /** `source`, `steps` and `sink`, as in a pipeline file. */
  readonly pipeline: string;
  readonly workers: number;
  /** What must have been read: less is no run that counts. */
  readonly items: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly hasServer?: boolean;
}

const totals = z.object({
  totals: z.object({ read: z.number(), written: z.number(), dropped: z.number(), failed: z.number() }),
});

export type Totals = z.output<typeof totals>["totals"];

export function outputOf({ folder, name }: PipelineJob): string {
  return path.join(folder, `${name}-out`);
}

export function writePipelineFile(job: PipelineJob): string {
  const file = path.join(job.folder, `${job.name}.yaml`);
  writeFileSync(file, `${job.pipeline.trim()}\noutput: ${outputOf(job)}\n`);
  return file;
}

/** `pipeline run` on an empty output, from the start of the process to its end. */
export async function runPipeline(job: PipelineJob): Promise<Measured> {
  if (!existsSync(cli)) throw new Error("the command is not built: npm run build");
  const output = outputOf(job);
  rmSync(output, { recursive: true, force: true });
  const { stdout: _, ...measured } = await measureCommand({
    program: process.execPath,
    args: [cli, "run", writePipelineFile(job), "--quiet", "--workers", String(job.workers)],
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    ...(job.hasServer === undefined ? {} : { hasServer: job.hasServer }),
  });
  const { read } = readTotals(output);
  if (read !== job.items) throw new Error(`${read} of ${job.items} were read`);
  return { ...measured, items: read };
}

export function readTotals(output: string): Totals {
  return totals.parse(JSON.parse(readFileSync(path.join(output, "_manifest.json"), "utf8"))).totals;
}
