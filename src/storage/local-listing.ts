import { opendir, readdir } from "node:fs/promises";
import { nameFromBytes, pathOnDisk } from "./file-name-bytes.ts";
import { localDevice } from "./local-device.ts";
import { localError } from "./local-errors.ts";
import { LocalStats } from "./local-stat.ts";
import type { StoredObject } from "./storage.ts";

const statsAtOnce = 64;

interface Entry {
  /** The name, with a `/` behind that of a folder: sorting these sorts the full relative paths. */
  readonly key: string;
  readonly isFolder: boolean;
}

/**
 * Every file below `folder`, ordered by code units of the relative path. Memory grows with the
 * largest folder, not with the tree. Leaves out names that begin with a dot (naming such a folder
 * itself lists it), links that lead nowhere or to a folder, and what is not a file (sockets, pipes).
 * Names that are not UTF-8 come as `nameFromBytes` describes. Rejects with INPUT_UNREADABLE when a
 * folder may not be read: a listing is never silently short.
 */
export async function* listLocalFolder(folder: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
  const root = folder.length > 1 ? folder.replace(/\/+$/, "") : folder;
  const stats = new LocalStats(await localDevice(root));
  yield* listLevel(root === "/" ? "" : root, stats, signal);
}

async function* listLevel(
  folder: string,
  stats: LocalStats,
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredObject> {
  const entries = await sortedEntries(folder);
  for (let at = 0; at < entries.length; ) {
    signal?.throwIfAborted();
    const entry = entries[at];
    if (entry?.isFolder) {
      yield* listLevel(`${folder}/${entry.key.slice(0, -1)}`, stats, signal);
      at++;
      continue;
    }
    let end = at + 1;
    while (end < entries.length && end - at < statsAtOnce && entries[end]?.isFolder === false) end++;
    const files = entries.slice(at, end).map(({ key }) => `${folder}/${key}`);
    for (const object of await stats.of(files)) if (object !== undefined) yield object;
    at = end;
  }
}

async function sortedEntries(folder: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let hasOddNames = false;
  try {
    for await (const entry of await opendir(folder === "" ? "/" : pathOnDisk(folder), { bufferSize: 512 })) {
      if (entry.name.startsWith(".")) continue;
      if (entry.name.includes("\ufffd")) hasOddNames = true;
      else if (isListed(entry)) entries.push(entryOf(entry.name, entry.isDirectory()));
    }
    if (hasOddNames) entries.push(...(await oddEntries(folder)));
  } catch (error) {
    if (isMissingFolder(error)) return [];
    throw localError(error, "read", "listing", folder);
  }
  return entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Entries whose names are not UTF-8, or hold the replacement character that decoding puts in its place. */
async function oddEntries(folder: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const all = await readdir(folder === "" ? "/" : pathOnDisk(folder), { encoding: "buffer", withFileTypes: true });
  for (const entry of all) {
    if (!entry.name.toString("utf8").includes("\ufffd") || entry.name[0] === 0x2e || !isListed(entry)) continue;
    entries.push(entryOf(nameFromBytes(entry.name), entry.isDirectory()));
  }
  return entries;
}

function isListed(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

function entryOf(name: string, isFolder: boolean): Entry {
  return { key: isFolder ? `${name}/` : name, isFolder };
}

/** A folder that vanished while its parent was listed counts as never seen; a file in its place does not. */
function isMissingFolder(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
