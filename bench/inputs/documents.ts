import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { cachedInput } from "../harness/cached-input.ts";
import { documentText } from "./document-text.ts";

/** Raise it when the same parameters make other documents. */
const generatorVersion = 1;

/** A folder of JSONL files with `id` and `text`; document n is the same whatever the count. */
export function documentFolder(count: number, files: number): Promise<string> {
  return cachedInput(`documents-${count}-in-${files}-v${generatorVersion}`, (folder) => {
    mkdirSync(folder, { recursive: true });
    const each = Math.ceil(count / files);
    for (let file = 0; file < files; file++) {
      writeFile(
        path.join(folder, `${String(file).padStart(3, "0")}.jsonl`),
        file * each,
        Math.min(count, (file + 1) * each),
      );
    }
  });
}

export const documentId = (index: number) => `doc-${String(index).padStart(7, "0")}`;

function writeFile(name: string, start: number, end: number): void {
  const file = openSync(name, "w");
  let lines = "";
  for (let index = start; index < end; index++) {
    lines += `${JSON.stringify({ id: documentId(index), text: documentText(index) })}\n`;
    if (lines.length > 1_000_000) {
      writeSync(file, lines);
      lines = "";
    }
  }
  writeSync(file, lines);
  closeSync(file);
}
