import type { Shard } from "../contract/sink.ts";
import type { Storage, StoredObject } from "../storage/storage.ts";
import { joinUri } from "../storage/uri.ts";

/**
 * Where a file lies that a receipt lists, and its name there: finishing a dataset gives it another name, and going back
 * to an earlier checkpoint does not take that back. Undefined when it is under neither name with its size.
 */
export async function findListedFile(
  storage: Storage,
  folder: string,
  file: Shard,
): Promise<{ readonly name: string; readonly object: StoredObject } | undefined> {
  for (const name of new Set([file.storedAs, file.name])) {
    const object = await storage.stat(joinUri(folder, name));
    if (object?.bytes === file.bytes) return { name, object };
  }
  return undefined;
}
