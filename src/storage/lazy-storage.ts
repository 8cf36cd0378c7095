import type { Storage } from "./storage.ts";

/** A storage whose module loads with the first call: a run that never names its scheme pays nothing for it. */
export function lazyStorage(hasFolders: boolean, load: () => Promise<Storage>): Storage {
  let loading: Promise<Storage> | undefined;
  const loaded = () => (loading ??= load());
  return {
    hasFolders,
    async *list(folder, signal) {
      yield* (await loaded()).list(folder, signal);
    },
    async *listPages(folder, signal) {
      yield* (await loaded()).listPages(folder, signal);
    },
    stat: async (uri) => (await loaded()).stat(uri),
    isFolder: async (uri) => (await loaded()).isFolder(uri),
    freeBytes: async (uri) => (await loaded()).freeBytes(uri),
    async connect(uri) {
      try {
        await (await loaded()).connect?.(uri);
      } catch {
        // Settings that are wrong, say: the first request meets the same, and tells it.
      }
    },
    read: async (uri, options) => (await loaded()).read(uri, options),
    async *stream(uri, options) {
      yield* (await loaded()).stream(uri, options);
    },
    create: async (uri, scope) => (await loaded()).create(uri, scope),
    putIfAbsent: async (uri, bytes) => (await loaded()).putIfAbsent(uri, bytes),
    put: async (uri, bytes) => (await loaded()).put(uri, bytes),
    move: async (from, to) => (await loaded()).move(from, to),
    remove: async (uri) => (await loaded()).remove(uri),
    removeTemporary: async (folder) => (await loaded()).removeTemporary(folder),
  };
}
