// MinHash signatures of the documents of JSONL files, in one process, from the files to the signatures. Arguments:
// folder, file to write. Writes the signatures, as numbers of 32 bits, document by document.
// bench/peers/sketches_dedupe.py does the same with `sign`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { MinHasher } from "../../src/kernels/minhash.ts";

const [folder = "", output = ""] = process.argv.slice(2);

function textIn(line: string): string {
  const record: unknown = JSON.parse(line);
  const text = typeof record === "object" && record !== null && "text" in record ? record.text : undefined;
  if (typeof text !== "string") throw new TypeError(`expected a document with a text, received ${line.slice(0, 80)}`);
  return text;
}

const started = performance.now();
const hasher = new MinHasher({ permutations: 128, shingleWords: 5 });
const signatures: Uint32Array[] = [];
let signingMilliseconds = 0;
let megabytes = 0;
for (const name of readdirSync(folder).toSorted()) {
  const lines = readFileSync(path.join(folder, name));
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf("\n", at);
    const text = textIn(lines.toString("utf8", at, end));
    at = end + 1;
    const begun = performance.now();
    signatures.push(hasher.signature(text));
    signingMilliseconds += performance.now() - begun;
    megabytes += Buffer.byteLength(text) / 1e6;
  }
}
const workSeconds = (performance.now() - started) / 1000;

writeFileSync(output, Buffer.concat(signatures.map(({ buffer }) => Buffer.from(buffer))));
const signingSeconds = signingMilliseconds / 1000;
const figures = {
  "signed documents/s": signatures.length / signingSeconds,
  "signed MB/s": megabytes / signingSeconds,
};
process.stdout.write(`${JSON.stringify({ items: signatures.length, workSeconds, figures })}\n`);
