/**
 * Text rules against datatrove, per core: Gopher repetition and quality, C4 and FineWeb, on the same documents.
 *
 *   node bench/text-rules.ts --python VENV/bin/python [--root DIR]... [--documents 2000] [--rounds 5]
 *
 * (VENV as bench/parity-datatrove.ts describes.) Both sides run in one process each, with white-space tokens and
 * every filter on every document, whatever the one before it said; documents are parsed before the clock starts.
 * Rounds alternate; CPU seconds count. Prints documents per second and core, and the ratio of each pair.
 * Run parity-datatrove.ts first: times mean nothing where decisions differ.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { OpenedMap } from "../src/contract/operator.ts";
import { filterC4 } from "../src/operators/text/filter-c4.ts";
import { filterFineweb } from "../src/operators/text/filter-fineweb.ts";
import { filterGopherQuality } from "../src/operators/text/filter-gopher-quality.ts";
import { filterGopherRepetition } from "../src/operators/text/filter-gopher-repetition.ts";
import { openOperator, parseDocument, textSample } from "./parity-datatrove-decisions.ts";

const script = join(import.meta.dirname, "parity-datatrove.py");
const defaultRoots = ["/usr/share/doc", "/usr/share/perl", "/usr/lib/python3"];
const timesSchema = z.object({ seconds: z.array(z.number()).length(1), version: z.string() });

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    root: { type: "string", multiple: true, default: [] },
    documents: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
  },
});

function python(...args: readonly string[]): string {
  return execFileSync(values.python, [script, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

async function openFilters(tokens: "words" | "whitespace"): Promise<readonly OpenedMap[]> {
  return [
    await openOperator(filterGopherRepetition, { tokens }),
    await openOperator(filterGopherQuality, { tokens }),
    await openOperator(filterC4, { tokens }),
    await openOperator(filterFineweb, { tokens }),
  ];
}

/** CPU seconds of one round over all texts. Each text is a new string, so no round profits from the one before. */
async function cpuSeconds(filters: readonly OpenedMap[], lines: readonly string[]): Promise<number> {
  const samples = lines.map((line) => textSample(parseDocument(line)));
  const before = process.cpuUsage();
  for (const sample of samples) for (const filter of filters) await filter.apply(sample);
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "text-rules-"));
  try {
    const corpus = join(folder, "corpus.jsonl");
    python("corpus", corpus, ...(values.root.length > 0 ? values.root : defaultRoots));
    const all = readFileSync(corpus, "utf8").trimEnd().split("\n");
    const step = Math.max(1, Math.floor(all.length / Number(values.documents)));
    const lines = all.filter((_, index) => index % step === 0).slice(0, Number(values.documents));
    await writeFile(corpus, `${lines.join("\n")}\n`);
    const megabytes = lines.reduce((sum, line) => sum + Buffer.byteLength(parseDocument(line)), 0) / 1e6;
    const filters = await openFilters("whitespace");
    const words = await openFilters("words");
    await cpuSeconds(filters, lines);
    await cpuSeconds(words, lines);
    const rounds: { ours: number; words: number; theirs: number }[] = [];
    let version = "";
    for (let round = 0; round < Number(values.rounds); round++) {
      const ours = await cpuSeconds(filters, lines);
      const times = timesSchema.parse(JSON.parse(python("time", corpus, "1")));
      version = times.version;
      rounds.push({ ours, words: await cpuSeconds(words, lines), theirs: times.seconds[0] ?? Number.NaN });
    }
    const show = (name: string, seconds: number) =>
      console.log(
        `${name}: ${Math.round(lines.length / seconds)} documents/s, ${(megabytes / seconds).toFixed(1)} MB/s`,
      );
    console.log(`${lines.length} documents, ${megabytes.toFixed(1)} MB; medians of ${rounds.length} rounds, per core`);
    show("ours, whitespace", median(rounds.map(({ ours }) => ours)));
    show("ours, words", median(rounds.map((round) => round.words)));
    show(`datatrove ${version}, whitespace`, median(rounds.map(({ theirs }) => theirs)));
    const ratios = rounds.map(({ ours, theirs }) => theirs / ours);
    console.log(
      `ratio of pairs: ${ratios.map((ratio) => ratio.toFixed(1)).join(" ")}; median ${median(ratios).toFixed(1)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
