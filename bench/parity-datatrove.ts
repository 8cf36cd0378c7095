/**
 * Do our text filters decide as datatrove's do? One command:
 *
 *   python3 -m venv /tmp/venv && /tmp/venv/bin/pip install datatrove==0.10.1 spacy regex numpy
 *   node bench/parity-datatrove.ts --python /tmp/venv/bin/python [--root DIR]... [--out FILE.json]
 *
 * Takes documents that lie on this machine (by default documentation of installed packages), lets
 * datatrove decide with white-space tokens, compares decision, reason and cleaned text, prints the
 * disagreements and writes the summary. Ends with 1 when a filter agrees on less than 99.9 %, or when
 * there were fewer than 5,000 documents.
 *
 *   node bench/parity-datatrove.ts --python … --golden       writes test/golden/datatrove anew
 */
import { execFileSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { type Decisions, decideAll, filterNames, parseDecisions, parseDocument } from "./parity-datatrove-decisions.ts";
import { goldenDocuments } from "./parity-datatrove-documents.ts";

const script = join(import.meta.dirname, "parity-datatrove.py");
const goldenFolder = join(import.meta.dirname, "../test/golden/datatrove");
const defaultRoots = ["/usr/share/doc", "/usr/share/perl", "/usr/share/man", "/usr/lib/python3", "node_modules"];
const requiredAgreement = 0.999;
const requiredDocuments = 5000;

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    root: { type: "string", multiple: true, default: [] },
    out: { type: "string", default: join(import.meta.dirname, "parity-datatrove-summary.json") },
    golden: { type: "boolean", default: false },
  },
});

function python(...args: readonly string[]): string {
  return execFileSync(values.python, [script, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

async function writeGolden(): Promise<void> {
  await mkdir(goldenFolder, { recursive: true });
  const documents = join(goldenFolder, "documents.jsonl");
  const lines = goldenDocuments().map((text) => `${JSON.stringify({ text })}\n`);
  await writeFile(documents, lines.join(""));
  const version = python("decide", documents, join(goldenFolder, "decisions.jsonl")).trim();
  await writeFile(join(goldenFolder, "datatrove.json"), `${version}\n`);
  console.log(`${lines.length} golden documents, ${version}`);
}

interface FilterTally {
  agreed: number;
  disagreed: number;
  /** datatrove stopped with an exception. */
  errors: number;
  kept: number;
  dropped: { [reason: string]: number };
}

function count(
  tally: FilterTally,
  theirs: Decisions[string] | undefined,
  ours: Decisions[string] | undefined,
): boolean {
  if (theirs?.error !== undefined) {
    tally.errors++;
    return true;
  }
  if (theirs?.reason === undefined) tally.kept++;
  else tally.dropped[theirs.reason] = (tally.dropped[theirs.reason] ?? 0) + 1;
  const isSame = theirs?.keep === ours?.keep && theirs?.reason === ours?.reason && theirs?.digest === ours?.digest;
  if (isSame) tally.agreed++;
  else tally.disagreed++;
  return isSame;
}

async function compare(corpus: string, decisions: string): Promise<[number, Map<string, FilterTally>]> {
  const tallies = new Map<string, FilterTally>(
    filterNames.map((name) => [name, { agreed: 0, disagreed: 0, errors: 0, kept: 0, dropped: {} }]),
  );
  const theirLines = createInterface({ input: createReadStream(decisions) })[Symbol.asyncIterator]();
  const decide = await decideAll();
  let documents = 0;
  let shown = 0;
  for await (const line of createInterface({ input: createReadStream(corpus), crlfDelay: Number.POSITIVE_INFINITY })) {
    const text = parseDocument(line);
    const theirs = parseDecisions((await theirLines.next()).value);
    const ours = await decide(text);
    for (const [name, tally] of tallies) {
      if (count(tally, theirs[name], ours[name]) || shown++ > 30) continue;
      console.log(`#${documents} ${name}: datatrove ${JSON.stringify(theirs[name])}, we ${JSON.stringify(ours[name])}`);
    }
    documents++;
  }
  return [documents, tallies];
}

async function main(): Promise<number> {
  if (values.golden) {
    await writeGolden();
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), "parity-"));
  try {
    const corpus = join(folder, "corpus.jsonl");
    const decisions = join(folder, "decisions.jsonl");
    python("corpus", corpus, ...(values.root.length > 0 ? values.root : defaultRoots));
    const version: unknown = JSON.parse(python("decide", corpus, decisions));
    const [documents, tallies] = await compare(corpus, decisions);
    const filters = Object.fromEntries(
      [...tallies].map(([name, tally]) => [
        name,
        { agreement: tally.agreed / (tally.agreed + tally.disagreed), ...tally },
      ]),
    );
    const summary = { reference: "datatrove", ...Object(version), tokens: "whitespace", documents, filters };
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, `${JSON.stringify(summary, null, 2)}\n`);
    console.log(JSON.stringify(summary, null, 2));
    const isEqual = Object.values(filters).every(({ agreement }) => agreement >= requiredAgreement);
    return isEqual && documents >= requiredDocuments ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
