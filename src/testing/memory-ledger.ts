import type { LedgerStore } from "../ledger/ledger-store.ts";

/** A ledger store in memory, which several coordinators of one process may share: for tests of what uses one. */
export function memoryLedger(): LedgerStore {
  const objects = new Map<string, Uint8Array>();
  return {
    location: "memory",
    putIfAbsent: async (name, bytes) => {
      if (objects.has(name)) return false;
      objects.set(name, Uint8Array.from(bytes));
      return true;
    },
    get: async (name) => objects.get(name) ?? new Uint8Array(0),
    async *names() {
      yield* [...objects.keys()].sort();
    },
  };
}
