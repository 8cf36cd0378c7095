import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { datasetDigest } from "../../test/fixtures/dataset-digest.ts";
import type { KilledRun } from "../harness/killed-run.ts";
import type { CommandCost } from "../harness/measure-command.ts";
import { readParquet } from "../harness/parquet-outputs.ts";
import { missingPeer, python } from "../harness/peer-environments.ts";
import { cli, outputOf, type PipelineJob, writePipelineFile } from "../harness/pipeline-command.ts";
import { readTarSamples } from "../harness/tar-outputs.ts";
import type { Absent, Goal, Side, SizeName, Workload } from "../harness/workload.ts";
import { documentFolder } from "../inputs/documents.ts";
import { jpegFolder } from "../inputs/jpegs.ts";
import { imageInputs, imagePipeline } from "./images.ts";
import { figureNames, type KillableJob, KillSeries } from "./kill-series.ts";
import { sessionFacts } from "./session-events.ts";
import { textPipeline } from "./text-rules.ts";

const kills: { readonly [size in SizeName]: number } = { small: 3, full: 10 };
const documents: { readonly [size in SizeName]: number } = { small: 4000, full: 100_000 };
const repeated = "repeated, % for each kill";
const resume = "seconds to resume";
const different = "files that differ";

const goals: readonly Goal[] = [
  { kind: "figure", figure: figureNames.lost, unit: "", atMost: 0 },
  { kind: "figure", figure: figureNames.doubled, unit: "", atMost: 0 },
  { kind: "figure", figure: different, unit: "", atMost: 0 },
  { kind: "figure", figure: repeated, unit: "", atMost: 1 },
  { kind: "figure", figure: resume, unit: "s", atMost: 0.5 },
];

/** Ours, whose events say how much was read again, and when work went on. */
function ourJob(job: PipelineJob, names: () => Promise<readonly string[]>): KillableJob {
  const output = outputOf(job);
  let expected: ReadonlyMap<string, string> | undefined;
  return {
    items: job.items,
    command: { program: process.execPath, args: [cli, "run", writePipelineFile(job), "--json", "--workers", "2"] },
    clear: () => rmSync(output, { recursive: true, force: true }),
    async written() {
      expected ??= await datasetDigest(output);
      return names();
    },
    async figures(killed: readonly KilledRun[], last: CommandCost) {
      const facts = [...killed, last].map(({ stdout }) => sessionFacts(stdout));
      const read = facts.reduce((sum, session) => sum + session.read, 0);
      const waits = killed.flatMap(({ startedAt }, index) => {
        const first = facts[index]?.firstTaskAt;
        return index === 0 || first === undefined ? [] : [(first - startedAt) / 1000];
      });
      const found = await datasetDigest(output);
      const files = new Set([...(expected?.keys() ?? []), ...found.keys()]);
      return {
        [repeated]: (100 * Math.max(0, read - job.items)) / job.items / killed.length,
        ...(waits.length === 0 ? {} : { [resume]: Math.max(...waits) }),
        [different]: [...files].filter((name) => expected?.get(name) !== found.get(name)).length,
      };
    },
  };
}

interface PeerJob {
  readonly name: string;
  readonly from: string;
  readonly note: string;
  readonly job: KillableJob;
}

function killSide({ name, from, note, job }: PeerJob, count: number): Side | Absent {
  const absent = missingPeer(from);
  if (absent !== undefined) return { name, kind: "documented", absent };
  const series = new KillSeries(job, count);
  return { name, kind: "documented", note, run: () => series.run() };
}

function ourSide(job: KillableJob, count: number): Side {
  const series = new KillSeries(job, count);
  return { name: "multimodal-pipeline", kind: "ours", run: () => series.run() };
}

const script = (name: string) => path.join(import.meta.dirname, "../peers", name);

export const w10: Workload = {
  id: "W10",
  title: "W1, all processes ended by SIGKILL at random moments and started again",
  unit: "images",
  environments: ["img2dataset"],
  mostRuns: 2,
  async prepare({ size, folder }) {
    const input = await jpegFolder(imageInputs[size]);
    const items = readdirSync(input).length;
    const job = { folder, name: "ours", pipeline: imagePipeline(input, "jpg"), workers: 2, items };
    const output = path.join(folder, "img2dataset");
    const args = ["--input", input, "--output", output, "--mode", "documented", "--resume"];
    const img2dataset: PeerJob = {
      name: "img2dataset",
      from: "img2dataset",
      note: "resumes by whole shards of 10,000",
      job: {
        items,
        command: { program: python("img2dataset"), args: [script("img2dataset_images.py"), ...args] },
        clear: () => rmSync(output, { recursive: true, force: true }),
        written: () => namesInTars(output),
      },
    };
    const ours = ourJob(job, () => namesInTars(outputOf(job)));
    return {
      input: `${items} JPEGs as in W1, ${kills[size]} kills`,
      sides: [ourSide(ours, kills[size]), killSide(img2dataset, kills[size])],
      goals,
    };
  },
};

export const w10t: Workload = {
  id: "W10t",
  title: "W3, likewise",
  unit: "documents",
  environments: ["text"],
  mostRuns: 2,
  async prepare({ size, folder }) {
    const items = documents[size];
    const input = await documentFolder(items, 16);
    const job = { folder, name: "ours", pipeline: textPipeline(input, "whitespace"), workers: 2, items };
    const output = path.join(folder, "datatrove");
    const options = ["--input", input, "--output", output, "--mode", "expert", "--items", String(items), "--resume"];
    const datatrove: PeerJob = {
      name: "datatrove, white-space words",
      from: "text",
      note: "resumes by whole tasks, of which it has two",
      job: {
        items,
        command: { program: python("text"), args: [script("datatrove_text.py"), ...options] },
        clear: () => rmSync(output, { recursive: true, force: true }),
        written: () => idsInParquet(path.join(output, "kept")),
      },
    };
    const ours = ourJob(job, () => idsInParquet(outputOf(job)));
    return {
      input: `${items} documents as in W3, ${kills[size]} kills`,
      sides: [ourSide(ours, kills[size]), killSide(datatrove, kills[size])],
      goals,
    };
  },
};

/** One by one: a name that is in two tars is there twice. What is no whole tar holds nothing. */
async function namesInTars(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  for (const name of names.filter((one) => one.endsWith(".tar"))) {
    const file = path.join(folder, name);
    if (readFileSync(file).byteLength % 512 !== 0) continue;
    found.push(...(await readTarSamples(file, () => new Uint8Array())).keys());
  }
  return found;
}

async function idsInParquet(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { id } of readParquet(folder, ["id"])) if (typeof id === "string") found.push(id);
  return found;
}
