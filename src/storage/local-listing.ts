import { opendir, readdir } from "node:fs/promises";
import { nameFromBytes, pathOnDisk } from "./file-name-bytes.ts";
import { localDevice } from "./local-device.ts";
import { localError } from "./local-errors.ts";
import { LocalStats } from "./local-stat.ts";
import type { StoredObject } from "./storage.ts";

const statsAtOnce = 64;

/** What is behind the name of a folder: sorting names with it sorts the full relative paths. */
const folderEnd = "/";

/**
 * Every file below `folder`, ordered by code units of the relative path. Memory grows with the
 * largest folder, not with the tree. Leaves out names that begin with a dot (naming such a folder
 * itself lists it), links that lead nowhere or to a folder, and what is not a file (sockets, pipes).
 * Names that are not UTF-8 come as `nameFromBytes` describes. Rejects with INPUT_UNREADABLE when a
 * folder may not be read: a listing is never silently short.
 */
export async function* listLocalFolder(folder: string, signal?: AbortSignal): AsyncGenerator<readonly StoredObject[]> {
  const root = folder.length > 1 ? folder.replace(/\/+$/, "") : folder;
  const stats = new LocalStats(await localDevice(root));
  yield* listLevel(root === "/" ? "" : root, stats, signal);
}

async function* listLevel(
  folder: string,
  stats: LocalStats,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StoredObject[]> {
  const names = await sortedNames(folder);
  for (let at = 0; at < names.length; ) {
    signal?.throwIfAborted();
    const name = names[at];
    if (name?.endsWith(folderEnd)) {
      yield* listLevel(`${folder}/${name.slice(0, -1)}`, stats, signal);
      at++;
      continue;
    }
    let end = at + 1;
    while (end < names.length && end - at < statsAtOnce && names[end]?.endsWith(folderEnd) === false) end++;
    const files = names.slice(at, end).map((name) => `${folder}/${name}`);
    const found = await stats.of(files);
    if (found.length > 0) yield found;
    at = end;
  }
}

/** Nothing but strings, and sorted as such: a folder may hold millions. */
async function sortedNames(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  let hasOddNames = false;
  try {
    for await (const entry of await opendir(folder === "" ? "/" : pathOnDisk(folder), { bufferSize: 512 })) {
      if (entry.name.startsWith(".")) continue;
      if (entry.name.includes("\ufffd")) hasOddNames = true;
      else if (isListed(entry)) names.push(nameOf(entry.name, entry));
    }
    if (hasOddNames) for (const name of await oddNames(folder)) names.push(name);
  } catch (error) {
    if (isMissingFolder(error)) return [];
    throw localError(error, "read", "listing", folder);
  }
  // By code units.
  return names.sort();
}

/** Entries whose names are not UTF-8, or hold the replacement character that decoding puts in its place. */
async function oddNames(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  const all = await readdir(folder === "" ? "/" : pathOnDisk(folder), { encoding: "buffer", withFileTypes: true });
  for (const entry of all) {
    if (!entry.name.toString("utf8").includes("\ufffd") || entry.name[0] === 0x2e || !isListed(entry)) continue;
    names.push(nameOf(nameFromBytes(entry.name), entry));
  }
  return names;
}

function isListed(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

function nameOf(name: string, entry: { isDirectory(): boolean }): string {
  return entry.isDirectory() ? `${name}${folderEnd}` : name;
}

/** A folder that vanished while its parent was listed counts as never seen; a file in its place does not. */
function isMissingFolder(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
