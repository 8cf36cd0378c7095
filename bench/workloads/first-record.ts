import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { measureCommand } from "../harness/measure-command.ts";
import { cli, outputOf, type PipelineJob, writePipelineFile } from "../harness/pipeline-command.ts";
import { type PeerSide, peerSide } from "../harness/reporting-side.ts";
import type { Measured, Side, Workload } from "../harness/workload.ts";

/** A process this short would end between two looks. */
const memoryEveryMilliseconds = 40;
const seconds = "seconds to first record";
const memory = "peak memory";

const peers: readonly Pick<PeerSide, "name" | "kind" | "from" | "args">[] = [
  { name: "Ray Data", kind: "documented", from: "ray", args: ["ray"] },
  { name: "HF datasets", kind: "documented", from: "text", args: ["datasets"] },
  { name: "datatrove", kind: "documented", from: "text", args: ["datatrove"] },
  { name: "Daft", kind: "documented", from: "daft", args: ["daft"] },
  { name: "polars", kind: "expert", from: "text", args: ["polars"] },
];

/** Until the task is finished, by which the record's shard is durable. */
async function measureStart(job: PipelineJob, compileCache: string): Promise<Measured> {
  rmSync(outputOf(job), { recursive: true, force: true });
  let first: number | undefined;
  const { stdout: _, ...measured } = await measureCommand({
    program: process.execPath,
    args: [cli, "run", writePipelineFile(job), "--json"],
    environment: { NODE_COMPILE_CACHE: compileCache },
    memoryEveryMilliseconds,
    onOutput(seen, secondsSinceStart) {
      if (first === undefined && seen.includes('"type":"task-finished"')) first = secondsSinceStart;
    },
  });
  if (first === undefined) throw new Error("no task was finished");
  const figures = {
    [seconds]: first,
    "seconds to the end": measured.wallSeconds,
    [memory]: measured.peakBytes / 2 ** 20,
  };
  return { ...measured, wallSeconds: first, items: 1, figures };
}

export const w7: Workload = {
  id: "W7",
  title: "start to first record: one JSON line -> normalised text -> JSONL, written",
  unit: "starts",
  environments: ["ray", "text", "daft"],
  async prepare({ folder }) {
    const input = path.join(folder, "one");
    mkdirSync(input);
    writeFileSync(path.join(input, "one.jsonl"), `${JSON.stringify({ id: "1", text: " One record.  " })}\n`);
    const pipeline = `source: { jsonl: { path: ${input} } }\nsteps: [normalize-text]\nsink: jsonl`;
    const job: PipelineJob = { folder, name: "ours", pipeline, workers: 1, items: 1 };
    let starts = 0;
    const ours: readonly Side[] = [
      {
        name: "multimodal-pipeline, cold",
        kind: "ours",
        note: "without the compile cache that an earlier start leaves",
        run: () => measureStart(job, path.join(folder, `cache-${starts++}`)),
      },
      {
        name: "multimodal-pipeline, warm",
        kind: "ours, part",
        run: () => measureStart(job, path.join(folder, "cache")),
      },
    ];
    const others = peers.map((peer) =>
      peerSide({
        ...peer,
        script: "first_record.py",
        args: [...peer.args, path.join(input, "one.jsonl"), path.join(folder, `out-${peer.name}`)],
        untilFirstRecord: true,
        memoryEveryMilliseconds,
      }),
    );
    return {
      input: "one line",
      sides: [...ours, ...others],
      goals: [
        { kind: "figure", figure: seconds, unit: "s", atMost: 0.25 },
        { kind: "figure", figure: memory, unit: "MiB", atMost: 120 },
        { kind: "ratio", of: "time", against: "Ray Data", atLeast: 25 },
        { kind: "ratio", of: "time", against: "polars", atLeast: 1 },
      ],
    };
  },
};
