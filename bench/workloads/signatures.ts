import { readFileSync } from "node:fs";
import path from "node:path";
import { estimatedJaccard } from "../../src/kernels/minhash.ts";
import { peerSide, programSide } from "../harness/reporting-side.ts";
import type { SizeName, Verdict, Workload } from "../harness/workload.ts";
import { documentId } from "../inputs/documents.ts";
import { type NearDuplicate, nearDuplicates } from "../inputs/near-duplicates.ts";

const counts: { readonly [size in SizeName]: number } = { small: 2000, full: 50_000 };
const files = 8;
const permutations = 128;
const program = path.join(import.meta.dirname, "../parts/sign-documents.ts");
/** Theory has 0.044 for the pairs that are hardest to estimate, those of Jaccard 0.5. */
const mostError = 0.06;

/** How far the estimates from the signatures in a file are from the exact Jaccard index of the seeded pairs. */
function judgeSignatures(file: string, items: number, pairs: readonly NearDuplicate[]): Verdict {
  const bytes = readFileSync(file);
  const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (numbers.length !== items * permutations) {
    return { isEqual: false, said: `${numbers.length / permutations} signatures of ${items} documents` };
  }
  const places = new Map(Array.from({ length: items }, (_, index) => [documentId(index), index * permutations]));
  const signatureOf = (id: string) => {
    const start = places.get(id) ?? 0;
    return numbers.subarray(start, start + permutations);
  };
  const errors = pairs.map(({ id, of, jaccard }) => estimatedJaccard(signatureOf(id), signatureOf(of)) - jaccard);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const error = Math.sqrt(mean(errors.map((value) => value ** 2)));
  return {
    isEqual: error <= mostError,
    said: `Jaccard of ${pairs.length} pairs estimated with an error (RMSE) of ${error.toFixed(4)}, at most ${mostError}, and a bias of ${mean(errors).toFixed(4)}`,
  };
}

export const w4s: Workload = {
  id: "W4s",
  title: "MinHash signatures by themselves, one process: JSONL -> 128 permutations over runs of five words, in memory",
  unit: "documents",
  environments: ["dedupe"],
  async prepare({ size, folder }) {
    const items = counts[size];
    const { folder: input, pairs } = await nearDuplicates(items, files);
    const judged = (file: string) => ({ check: () => Promise.resolve(judgeSignatures(file, items, pairs)) });
    const output = path.join(folder, "ours.bin");
    const peers = (
      [
        ["datasketch, in batches", "datasketch", "documented", "SHA-1 of each shingle, which is its default"],
        ["datasketch, in batches, CRC-32", "datasketch-crc32", "expert", "a quicker hash of each shingle"],
        ["rensa, in batches", "rensa", "expert", "RMinHash.digests_from_token_sets"],
      ] as const
    ).map(([name, peer, kind, note]) => {
      const theirs = path.join(folder, `${peer}.bin`);
      return peerSide({
        name,
        kind,
        note,
        from: "dedupe",
        script: "sketches_dedupe.py",
        args: [peer, input, theirs, "sign"],
        ...judged(theirs),
      });
    });
    return {
      input: `${items} documents, a fifth of them copies with up to 5 % of the words changed`,
      sides: [
        programSide({
          name: "MinHash kernel",
          kind: "ours",
          note: "one process; its time includes writing the signatures, the peers' does not",
          program: process.execPath,
          args: [program, input, output],
          ...judged(output),
        }),
        ...peers,
      ],
      goals: [
        { kind: "ratio", of: "time", against: "datasketch, in batches", atLeast: 20 },
        { kind: "ratio", of: "time", against: "rensa, in batches", atLeast: 1 },
      ],
    };
  },
};
