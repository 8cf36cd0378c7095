import { createHash } from "node:crypto";
import path from "node:path";
import { growthJobs } from "../harness/growth-jobs.ts";
import { readParquet } from "../harness/parquet-outputs.ts";
import { outputOf, type PipelineJob, readTotals, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import type { Absent, Side, SizeName, Verdict, Workload } from "../harness/workload.ts";
import { documentFolder, documentId } from "../inputs/documents.ts";

const counts: { readonly [size in SizeName]: number } = { small: 8000, full: 100_000 };
const files = 16;
/** datatrove with its default words is so slow that it gets an eighth of the documents: two of the files. */
const shareOfSlow = 8;

type Kept = ReadonlyMap<string, string>;

export function textPipeline(folder: string, tokens: "words" | "whitespace"): string {
  return `
source: { jsonl: { path: ${folder}, idField: id } }
steps:
  - filter-gopher-repetition: { tokens: ${tokens} }
  - filter-gopher-quality: { tokens: ${tokens} }
  - filter-c4: { tokens: ${tokens} }
sink: parquet`;
}

/** Which documents were kept, and what C4 left of their text. */
async function keptIn(folder: string): Promise<Kept> {
  const kept = new Map<string, string>();
  for await (const { id, text } of readParquet(folder, ["id", "text"])) {
    if (typeof id !== "string" || typeof text !== "string") throw new Error(`a row of ${folder} has no id or text`);
    kept.set(id, createHash("sha1").update(text).digest("base64"));
  }
  return kept;
}

/** Of the first `count` documents: decided alike, with the same text left. */
export function compareKept(ours: Kept, theirs: Kept, count: number, leastAgreement: number): Verdict {
  let agreed = 0;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const id = documentId(index);
    if (ours.get(id) === theirs.get(id)) agreed++;
    if (theirs.has(id)) kept++;
  }
  const said = `${kept} of ${count} kept, ${((agreed / count) * 100).toFixed(2)} % decided as ours, text included (at least ${leastAgreement * 100} %)`;
  return { isEqual: agreed / count >= leastAgreement, said };
}

interface TextWorkload {
  readonly id: string;
  readonly title: string;
  readonly tokens: "words" | "whitespace";
  readonly peer: { readonly name: string; readonly kind: "documented" | "expert"; readonly note?: string };
  readonly share: number;
  readonly leastAgreement: number;
  readonly timesAsFast: number;
}

function textWorkload({ id, title, tokens, peer, share, leastAgreement, timesAsFast }: TextWorkload): Workload {
  return {
    id,
    title,
    unit: "documents",
    environments: ["text"],
    async prepare({ size, folder }) {
      const count = counts[size];
      const input = await documentFolder(count, files);
      const job: PipelineJob = {
        folder,
        name: "ours",
        pipeline: textPipeline(input, tokens),
        workers: 2,
        items: count,
      };
      let kept: Promise<Kept> | undefined;
      const ours: Side = {
        name: "multimodal-pipeline",
        kind: "ours",
        run: () => runPipeline(job),
        async check() {
          kept = keptIn(outputOf(job));
          const { written, dropped, failed } = readTotals(outputOf(job));
          const isEqual = failed === 0 && (await kept).size === written;
          return { isEqual, said: `${written} kept, ${dropped} dropped` };
        },
      };
      const theirs = count / share;
      const output = path.join(folder, "datatrove");
      const datatrove = peerSide({
        ...peer,
        from: "text",
        script: "datatrove_text.py",
        args: [
          "--input",
          share === 1 ? input : await documentFolder(theirs, files / share),
          "--output",
          output,
          "--mode",
          peer.kind,
          "--items",
          String(theirs),
        ],
        async check() {
          if (kept === undefined) return { isEqual: true, said: "nothing of ours to compare with" };
          return compareKept(await kept, await keptIn(path.join(output, "kept")), theirs, leastAgreement);
        },
      });
      return {
        input: `${count} documents in ${files} JSONL files, log-normal lengths, a twentieth like HTML, a quarter near a threshold`,
        sides: [ours, datatrove, ...absentPeers],
        goals: [{ kind: "ratio", of: "time", against: peer.name, atLeast: timesAsFast }],
      };
    },
    growth: ({ size, folder }) =>
      growthJobs(folder, counts[size], async (count) => textPipeline(await documentFolder(count, files), tokens)),
  };
}

const absentPeers: readonly Absent[] = [
  { name: "Data-Juicer", kind: "documented", absent: "it has neither the rules of Gopher nor those of C4" },
];

export const w3 = textWorkload({
  id: "W3",
  title: "JSONL -> Gopher repetition, Gopher quality, C4 -> Parquet zstd; words between white space on both sides",
  tokens: "whitespace",
  peer: { name: "datatrove, white-space words", kind: "expert" },
  share: 1,
  leastAgreement: 0.999,
  timesAsFast: 7,
});

export const w3d = textWorkload({
  id: "W3d",
  title: "the same, each with its default words",
  tokens: "words",
  peer: {
    name: "datatrove, default words (spaCy)",
    kind: "documented",
    note: "on an eighth of the documents; words are not told apart as ours are, so decisions differ a little",
  },
  share: shareOfSlow,
  leastAgreement: 0.9,
  timesAsFast: 50,
});
