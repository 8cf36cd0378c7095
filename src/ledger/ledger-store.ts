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
  /** Rejects with INPUT_NOT_FOUND when there is no such object. */
  get(name: string): Promise<Uint8Array>;
  /** Every name, ordered by code units. */
  names(): AsyncIterable<string>;
}

/** A ledger below a folder URI. */
export function storedLedger(storage: Storage, folder: string): LedgerStore {
  return {
    location: folder,
    putIfAbsent: (name, bytes) => storage.putIfAbsent(joinUri(folder, name), bytes),
    get: (name) => storage.read(joinUri(folder, name)),
    async *names() {
      for await (const object of storage.list(folder)) yield relativeUri(folder, object.uri);
    },
  };
}
