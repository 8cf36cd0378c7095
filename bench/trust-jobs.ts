import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeJpegs } from "./image-resize-inputs.ts";

const words = readFileSync(fileURLToPath(new URL("../docs/architecture.md", import.meta.url)), "utf8").split(/\s+/);

/** A pipeline file, by the name of its job. */
export interface Job {
  readonly name: string;
  readonly file: string;
}

/** Writes made-up documents, copies of made-up pictures, and the pipelines over them, into a folder. */
export async function writeJobs(folder: string, documents: number, images: number): Promise<readonly Job[]> {
  writeDocuments(folder, documents);
  await writePictures(join(folder, "pictures"), images);
  const source = "source: { jsonl: { path: ./documents.jsonl, idField: id, splitBytes: 2MiB } }";
  const steps = ["filter-gopher-repetition", "filter-gopher-quality", "filter-c4"];
  // Neighbouring extremes: rules drop nearly all of the made-up documents; scoring keeps every one.
  const dropped = `${source}\nsteps: [${steps.join(", ")}]\nsink: { jsonl: {} }\n`;
  const kept = `${source}\nsteps: [${steps.map((step) => `{ ${step}: { mode: score } }`).join(", ")}]\nsink: { jsonl: {} }\n`;
  const image = `source: { files: { path: ./pictures } }
steps: [{ filter-image-size: { minWidthPixels: 100 } }, { resize-image: { sizePixels: 256, mode: keep_ratio } }]
sink: { webdataset: {} }
`;
  return Object.entries({ "text dropped": dropped, "text kept": kept, images: image }).map(([name, pipeline]) => {
    const file = join(folder, `${name.replace(" ", "-")}.yaml`);
    writeFileSync(file, pipeline);
    return { name, file };
  });
}

function writeDocuments(folder: string, count: number): void {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const lines = Array.from({ length: count }, (_, index) => {
    const length = Math.round(Math.exp(5 + 1.1 * (random() + random() + random() - 1.5)));
    const start = Math.floor(random() * words.length);
    const text = Array.from({ length }, (_, word) => words[(start + word) % words.length] ?? "").join(" ");
    return JSON.stringify({ id: `doc-${index}`, text });
  });
  writeFileSync(join(folder, "documents.jsonl"), lines.join("\n"));
}

async function writePictures(folder: string, count: number): Promise<void> {
  const distinct = 100;
  await writeJpegs(folder, distinct, 500, 375, 0.86);
  const originals = readdirSync(folder);
  for (let copy = distinct; copy < count; copy++)
    copyFileSync(join(folder, originals[copy % distinct] ?? ""), join(folder, `copy-${copy}.jpg`));
}
