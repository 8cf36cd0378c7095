import { PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import type { StoredObject } from "../storage/storage.ts";
import { shownUri, withoutQuery } from "../storage/uri.ts";

export type SourceName = "files" | "jsonl" | "csv" | "parquet" | "webdataset";

export interface ChosenSource {
  readonly name: SourceName;
  /** Why, for a person: `12 of 14 files are Parquet`. */
  readonly why: string;
}

const mostListed = 5000;
const mostLookedAt = 200;
const headBytes = 512;

const containers: readonly {
  readonly name: SourceName;
  readonly title: string;
  readonly suffix: RegExp;
  isOne(head: Uint8Array): boolean;
}[] = [
  { name: "parquet", title: "Parquet", suffix: /\.parquet$/i, isOne: (head) => startsWith(head, "PAR1") },
  {
    name: "webdataset",
    title: "tar archives",
    suffix: /\.tar$/i,
    isOne: (head) => startsWith(head.subarray(257), "ustar"),
  },
  { name: "jsonl", title: "JSON lines", suffix: /\.(?:jsonl|ndjson)(?:\.(?:gz|zst))?$/i, isOne: isJsonLines },
  {
    name: "csv",
    title: "tables",
    suffix: /\.(?:csv|tsv)(?:\.gz)?$/i,
    isOne: (head) => !head.subarray(0, 64).includes(0) || isCompressed(head),
  },
];

/**
 * The source that reads what lies at `uri`: a file or a folder. A folder is read as containers when at
 * least half of the files that were looked at are containers of one type, by suffix and content; else file by file.
 * Of a pattern such as `./data/*.tar` the suffix decides. Rejects with INPUT_NOT_FOUND or INPUT_EMPTY.
 */
export async function chooseSource(uri: string): Promise<ChosenSource> {
  if (await isPattern(uri)) {
    const container = containers.find((each) => each.suffix.test(uri));
    return { name: container?.name ?? "files", why: `the pattern names ${container?.title ?? "files"}` };
  }
  const files = spread(await listSome(uri), mostLookedAt);
  const counts = new Map<SourceName, number>();
  for (const file of files) {
    const name = await containerOf(file);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  if (most === undefined || most[1] * 2 < files.length) {
    return { name: "files", why: files.length === 1 ? "it is one file" : "its files are samples themselves" };
  }
  const title = containers.find((each) => each.name === most[0])?.title ?? most[0];
  return { name: most[0], why: `${most[1]} of ${files.length} files looked at are ${title}` };
}

/** Names with these characters do exist, so a look at the storage goes first. */
async function isPattern(uri: string): Promise<boolean> {
  if (!/[*?[{]/.test(uri)) return false;
  const storage = storageFor(uri);
  return (await storage.stat(uri)) === undefined && !(await storage.isFolder(uri));
}

async function listSome(uri: string): Promise<readonly StoredObject[]> {
  const storage = storageFor(uri);
  const single = await storage.stat(uri);
  if (single !== undefined) return [single];
  if (!(await storage.isFolder(uri))) {
    throw new PipelineError("INPUT_NOT_FOUND", `the input ${JSON.stringify(shownUri(uri))} does not exist`, {
      details: { path: shownUri(uri) },
    });
  }
  const files: StoredObject[] = [];
  for await (const file of storage.list(uri)) {
    files.push(file);
    if (files.length >= mostListed) break;
  }
  if (files.length > 0) return files;
  throw new PipelineError("INPUT_EMPTY", `the folder ${JSON.stringify(uri)} holds no file`, { details: { path: uri } });
}

/** `count` items, evenly spaced. */
function spread<Item>(items: readonly Item[], count: number): readonly Item[] {
  if (items.length <= count) return items;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]).flatMap(
    (item) => (item === undefined ? [] : [item]),
  );
}

async function containerOf(file: StoredObject): Promise<SourceName | undefined> {
  const candidate = containers.find((each) => each.suffix.test(withoutQuery(file.uri)));
  if (candidate === undefined || file.bytes === 0) return undefined;
  const length = Math.min(headBytes, file.bytes);
  try {
    const head = await storageFor(file.uri).read(file.uri, { range: { offset: 0, length } });
    return candidate.isOne(head) ? candidate.name : undefined;
  } catch (error) {
    // A file that cannot be read says nothing about the others; the run will quarantine it by name.
    if (error instanceof PipelineError) return undefined;
    throw error;
  }
}

function isJsonLines(head: Uint8Array): boolean {
  if (isCompressed(head)) return true;
  return /^\ufeff?\s*\{/.test(new TextDecoder().decode(head));
}

/** Begins as gzip or zstd does. */
function isCompressed(head: Uint8Array): boolean {
  return (
    (head[0] === 0x1f && head[1] === 0x8b) ||
    (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd)
  );
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, index) => bytes[index] === character.charCodeAt(0));
}
