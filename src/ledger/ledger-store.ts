import type { Storage } from "../storage/storage.ts";
import { joinUri, relativeUri } from "../storage/uri.ts";

/**
 * Where a ledger's objects lie. The one thing it must do beyond keeping bytes: `putIfAbsent` lets
 * exactly one of several writers create a name, whole and durable. Everything else rests on that.
 */
export interface LedgerStore {
  /** For messages. */
  readonly location: string;
  /** False when the name is taken, in which case nothing changed. */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Creates or replaces, whole or not at all. For objects that nothing correct rests on. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Rejects with INPUT_NOT_FOUND when there is no such object. */
  get(name: string): Promise<Uint8Array>;
  /** Fine when there is no such object. */
  remove(name: string): Promise<void>;
  /** Every name that begins with `prefix`, ordered by code units. */
  names(prefix: string): AsyncIterable<string>;
}

/** A ledger below a folder URI. */
export function storedLedger(storage: Storage, folder: string): LedgerStore {
  return {
    location: folder,
    putIfAbsent: (name, bytes) => storage.putIfAbsent(joinUri(folder, name), bytes),
    put: (name, bytes) => storage.put(joinUri(folder, name), bytes),
    get: (name) => storage.read(joinUri(folder, name)),
    remove: (name) => storage.remove(joinUri(folder, name)),
    async *names(prefix) {
      const slash = prefix.lastIndexOf("/");
      const listed = slash < 0 ? folder : joinUri(folder, prefix.slice(0, slash));
      for await (const object of storage.list(listed)) {
        const name = relativeUri(folder, object.uri);
        if (name.startsWith(prefix)) yield name;
      }
    },
  };
}
