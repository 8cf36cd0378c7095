import { readFileSync } from "node:fs";
import path from "node:path";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { readParquet } from "../harness/parquet-outputs.ts";
import { outputOf, type PipelineJob, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import type { Absent, Side, SideKind, SizeName, Verdict, Workload } from "../harness/workload.ts";
import { documentId } from "../inputs/documents.ts";
import { type NearDuplicate, nearDuplicates } from "../inputs/near-duplicates.ts";

const counts: { readonly [size in SizeName]: number } = { small: 2000, full: 50_000 };
const files = 8;
const operator = "dedupe-minhash";
/** 16 bands of 8 rows find a pair of Jaccard 0.85 with a probability of 0.99, one of 0.5 with 0.06. */
const surelyAlike = 0.85;
const surelyDifferent = 0.5;
const leastRecall = 0.95;
const leastPrecision = 0.95;

/** Recall over the seeded pairs that are surely alike; precision: what goes was made from something not unlike. */
export function judgeRemoved(removed: ReadonlySet<string>, pairs: readonly NearDuplicate[]): Verdict {
  const alike = pairs.filter(({ jaccard }) => jaccard >= surelyAlike);
  const recall = alike.filter(({ id, of }) => removed.has(id) || removed.has(of)).length / alike.length;
  const different = new Set(pairs.filter(({ jaccard }) => jaccard < surelyDifferent).map(({ id }) => id));
  const seeded = new Set(pairs.flatMap(({ id, of }) => [id, of]));
  const wrong = [...removed].filter((id) => !seeded.has(id) || different.has(id)).length;
  const precision = removed.size === 0 ? 1 : 1 - wrong / removed.size;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return {
    isEqual: recall >= leastRecall && precision >= leastPrecision,
    said: `${removed.size} removed, recall ${percent(recall)} of ${alike.length} pairs above ${surelyAlike}, precision ${percent(precision)} (at least ${percent(leastRecall)} and ${percent(leastPrecision)})`,
  };
}

interface DedupePeer {
  readonly name: string;
  readonly kind: SideKind;
  readonly from: string;
  readonly script: string;
  args(input: string, removed: string, items: number): readonly string[];
}

const datatrove = { from: "text", script: "datatrove_dedupe.py" };
const dedupePeers: readonly DedupePeer[] = [
  {
    name: "datasketch, in batches",
    kind: "expert",
    from: "dedupe",
    script: "sketches_dedupe.py",
    args: (input, removed) => ["datasketch", input, removed],
  },
  {
    name: "rensa, in batches",
    kind: "expert",
    from: "dedupe",
    script: "sketches_dedupe.py",
    args: (input, removed) => ["rensa", input, removed],
  },
  {
    ...datatrove,
    name: "datatrove, four steps",
    kind: "documented",
    args: (input, removed, items) => ["documented", input, removed, String(files), String(items)],
  },
  {
    ...datatrove,
    name: "datatrove, white-space words",
    kind: "expert",
    args: (input, removed, items) => ["expert", input, removed, String(files), String(items)],
  },
  {
    name: "Data-Juicer",
    kind: "documented",
    from: "datajuicer",
    script: "datajuicer_dedupe.py",
    args: (input, removed, items) => [input, removed, String(items)],
  },
];

function namesIn(file: string): ReadonlySet<string> {
  return new Set(
    readFileSync(file, "utf8")
      .split("\n")
      .filter((id) => id !== ""),
  );
}

export const w4: Workload = {
  id: "W4",
  title: "near-duplicates by MinHash: 128 permutations, runs of five words, 16 bands of 8 rows",
  unit: "documents",
  environments: ["dedupe", "text", "datajuicer"],
  async prepare({ size, folder }) {
    const items = counts[size];
    const { folder: input, pairs } = await nearDuplicates(items, files);
    const pipeline = `source: { jsonl: { path: ${input}, idField: id } }\nsteps: [${operator}]\nsink: parquet`;
    const job: PipelineJob = { folder, name: "ours", pipeline, workers: 2, items };
    const ours: Side | Absent = Object.hasOwn(builtinCatalog.operators, operator)
      ? {
          name: "multimodal-pipeline",
          kind: "ours",
          run: () => runPipeline(job),
          async check() {
            const kept = new Set<unknown>();
            for await (const { id } of readParquet(outputOf(job), ["id"])) kept.add(id);
            const ids = Array.from({ length: items }, (_, index) => documentId(index));
            return judgeRemoved(new Set(ids.filter((id) => !kept.has(id))), pairs);
          },
        }
      : { name: "multimodal-pipeline", kind: "ours", absent: "operator does not exist" };
    const peers = dedupePeers.map(({ args, ...peer }) => {
      const removed = path.join(folder, `${peer.name}.txt`);
      return peerSide({
        ...peer,
        args: args(input, removed, items),
        check: () => Promise.resolve(judgeRemoved(namesIn(removed), pairs)),
      });
    });
    return {
      input: `${items} documents, a fifth of them copies with up to 5 % of the words changed`,
      sides: [ours, ...peers],
      goals: [
        { kind: "ratio", of: "time", against: "datasketch, in batches", atLeast: 20 },
        { kind: "ratio", of: "time", against: "datatrove, white-space words", atLeast: 20 },
        { kind: "ratio", of: "time", against: "rensa, in batches", atLeast: 1 },
      ],
    };
  },
};
