import { readFileSync } from "node:fs";
import path from "node:path";
import { builtinCatalog } from "../../src/builtin-catalog.ts";
import { readParquet } from "../harness/parquet-outputs.ts";
import { outputOf, type PipelineJob, runPipeline } from "../harness/pipeline-command.ts";
import { peerSide } from "../harness/reporting-side.ts";
import type { Absent, Side, SizeName, Verdict, Workload } from "../harness/workload.ts";
import { documentId } from "../inputs/documents.ts";
import { type NearDuplicate, nearDuplicates } from "../inputs/near-duplicates.ts";

const counts: { readonly [size in SizeName]: number } = { small: 2000, full: 50_000 };
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

export const w4: Workload = {
  id: "W4",
  title: "near-duplicates by MinHash: 128 permutations, runs of five words, 16 bands of 8 rows",
  unit: "documents",
  environments: ["dedupe"],
  async prepare({ size, folder }) {
    const items = counts[size];
    const { folder: input, pairs } = await nearDuplicates(items, 8);
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
    const peers = (["datasketch", "rensa"] as const).map((name) => {
      const removed = path.join(folder, `${name}.txt`);
      return peerSide({
        name: `${name}, in batches`,
        kind: "expert",
        from: "dedupe",
        script: "dedupe.py",
        args: [name, input, removed],
        check: () =>
          Promise.resolve(
            judgeRemoved(
              new Set(
                readFileSync(removed, "utf8")
                  .split("\n")
                  .filter((id) => id !== ""),
              ),
              pairs,
            ),
          ),
      });
    });
    return {
      input: `${items} documents, a fifth of them copies with up to 5 % of the words changed`,
      sides: [ours, ...peers],
      goals: [
        { kind: "ratio", of: "time", against: "datasketch, in batches", atLeast: 20 },
        { kind: "ratio", of: "time", against: "rensa, in batches", atLeast: 1 },
      ],
    };
  },
};
