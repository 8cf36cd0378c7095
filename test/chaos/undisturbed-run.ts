import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { datasetDigest } from "../fixtures/dataset-digest.ts";
import { datasetFindings } from "./dataset-findings.ts";
import { writeInput } from "./input-files.ts";
import { settingsOf } from "./random-accidents.ts";
import { pipelineOf, type RandomPipeline } from "./random-pipeline.ts";
import { Session } from "./session.ts";
import { sessionFindings } from "./session-findings.ts";

/** What a pipeline gives when nothing happens to it. */
export interface Undisturbed {
  readonly pipeline: RandomPipeline;
  readonly folder: string;
  readonly pipelineFile: string;
  readonly digest: ReadonlyMap<string, string>;
  readonly seconds: number;
  readonly tasks: number;
  readonly shards: number;
  readonly eventCounts: ReadonlyMap<string, number>;
  /** What was wrong already here. */
  readonly findings: readonly string[];
}

/** Keeps the undisturbed run of one pipeline at a time: neighbouring rounds share it. */
export class UndisturbedRuns {
  readonly #folder: string;
  #kept: Undisturbed | undefined;
  #mustStay = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async of(roundSeed: number): Promise<Undisturbed> {
    const pipeline = pipelineOf(roundSeed);
    if (this.#kept?.pipeline.seed === pipeline.seed) return this.#kept;
    await this.#drop();
    this.#kept = await runUndisturbed(pipeline, path.join(this.#folder, `pipeline-${pipeline.seed}`));
    return this.#kept;
  }

  /** The current pipeline's folder stays, as the place of a failure. */
  keepFolder(): void {
    this.#mustStay = true;
  }

  async #drop(): Promise<void> {
    if (this.#kept !== undefined && !this.#mustStay) await rm(this.#kept.folder, { recursive: true, force: true });
    this.#mustStay = false;
  }
}

async function runUndisturbed(pipeline: RandomPipeline, folder: string): Promise<Undisturbed> {
  await mkdir(folder, { recursive: true });
  await writeInput(pipeline.input, path.join(folder, "input"));
  const pipelineFile = path.join(folder, "pipeline.json");
  await writeFile(pipelineFile, JSON.stringify(pipeline.document, null, 1));
  const output = path.join(folder, "undisturbed");
  const session = new Session(pipelineFile, output, { ...settingsOf(pipeline.seed, -1), clockJumps: null });
  const end = await session.ended;
  const findings = [...sessionFindings(session, end, [])];
  if (findings.length === 0) findings.push(...(await datasetFindings(output)));
  const digest: ReadonlyMap<string, string> = findings.length === 0 ? await datasetDigest(output) : new Map();
  const types = new Set(session.events.map((event) => event.type));
  return {
    pipeline,
    folder,
    pipelineFile,
    digest,
    seconds: end.seconds,
    tasks: session.count("task-finished"),
    shards: [...digest.keys()].filter((name) => path.basename(name).includes("shard-")).length,
    eventCounts: new Map([...types].map((type) => [type, session.count(type)])),
    findings,
  };
}
