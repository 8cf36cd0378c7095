import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { cachedInput } from "../harness/cached-input.ts";
import { documentText } from "./document-text.ts";
import { documentId } from "./documents.ts";
import { below, seededRandom } from "./seeded-random.ts";

/** Raise it when the same parameters make other documents. */
const generatorVersion = 2;
/** One of five documents is a copy of an earlier one with some of its words changed. */
const every = 5;
const shingleWords = 5;

const pairSchema = z.object({ id: z.string(), of: z.string(), jaccard: z.number() });
const factsSchema = z.object({ pairs: z.array(pairSchema) });

/** A document, the earlier one that it was made from, and how many of their runs of five words they share. */
export type NearDuplicate = z.output<typeof pairSchema>;

export interface NearDuplicates {
  /** Holds `documents/0.jsonl` and so on. */
  readonly folder: string;
  readonly pairs: readonly NearDuplicate[];
}

/** Documents with known near-duplicates, from barely alike to nearly equal. */
export async function nearDuplicates(count: number, files: number): Promise<NearDuplicates> {
  const folder = await cachedInput(`near-duplicates-${count}-in-${files}-v${generatorVersion}`, (made) => {
    mkdirSync(path.join(made, "documents"));
    const pairs: NearDuplicate[] = [];
    const lines: string[] = [];
    for (let index = 0; index < count; index++) {
      const random = seededRandom(index + 1);
      const isCopy = index % every === every - 1;
      const original = isCopy ? index - 1 - below(random, every - 1) : index;
      const base = documentText(original);
      const text = isCopy ? changed(base, 0.05 * random(), index) : base;
      const alike = isCopy ? jaccard(base, text) : undefined;
      if (alike !== undefined) pairs.push({ id: documentId(index), of: documentId(original), jaccard: alike });
      lines.push(JSON.stringify({ id: documentId(index), text }));
    }
    const each = Math.ceil(count / files);
    for (let file = 0; file < files; file++) {
      const share = lines.slice(file * each, (file + 1) * each);
      writeFileSync(path.join(made, "documents", `${String(file).padStart(3, "0")}.jsonl`), `${share.join("\n")}\n`);
    }
    writeFileSync(path.join(made, "pairs.json"), JSON.stringify({ pairs }));
  });
  const { pairs } = factsSchema.parse(JSON.parse(readFileSync(path.join(folder, "pairs.json"), "utf8")));
  return { folder: path.join(folder, "documents"), pairs };
}

/** Puts another word in the place of each with that probability. */
function changed(text: string, probability: number, seed: number): string {
  const random = seededRandom(seed);
  return text.replaceAll(/\w+/g, (word) => (random() < probability ? `${word}${below(random, 10)}` : word));
}

/** Exact, of the sets of runs of five words; undefined where neither document has five words. */
export function jaccard(first: string, second: string): number | undefined {
  const [a, b] = [shingles(first), shingles(second)];
  let shared = 0;
  for (const shingle of a) if (b.has(shingle)) shared++;
  const either = a.size + b.size - shared;
  return either === 0 ? undefined : shared / either;
}

function shingles(text: string): ReadonlySet<string> {
  const words = text.split(/\s+/);
  const found = new Set<string>();
  for (let at = 0; at + shingleWords <= words.length; at++) found.add(words.slice(at, at + shingleWords).join(" "));
  return found;
}
