import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { breakFiles } from "./broken-files.ts";
import { makeImages } from "./make-images.ts";

export interface MadeInput {
  readonly documents: number;
  readonly images: number;
  /** Name to what is wrong with it. */
  readonly broken: ReadonlyMap<string, string>;
}

const documentName = /^(readme|licen[cs]e|changelog|history|notice|contributing|authors|security)\b|\.md$/i;
const codeName = /\.(?:[cm]?[jt]sx?|json|map)$/i;

/**
 * Fills `folder` with what a pile of raw files looks like: the documents of the packages in `packages`, as their
 * authors wrote them; images drawn from seeds; and files that are broken in the ways that files are.
 */
export async function makeInput(folder: string, packages: string): Promise<MadeInput> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const documents = copyDocuments(packages, path.join(folder, "documents"));
  const images = await makeImages(path.join(folder, "images"));
  const broken = await breakFiles(path.join(folder, "broken"));
  return { documents, images, broken };
}

function copyDocuments(packages: string, folder: string): number {
  mkdirSync(folder, { recursive: true });
  let copied = 0;
  for (const name of readdirSync(packages, { recursive: true, encoding: "utf8" }).sort()) {
    const base = path.basename(name);
    const from = path.join(packages, name);
    if (!documentName.test(base) || codeName.test(base) || !statSync(from).isFile()) continue;
    // One name per document: files that share a name up to the first dot would be parts of one sample.
    const flat = name.split(path.sep).join("__").replaceAll(".", "_");
    copyFileSync(from, path.join(folder, `${flat}.txt`));
    copied++;
  }
  return copied;
}
