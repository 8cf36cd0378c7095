import type { LedgerStore } from "../ledger/ledger-store.ts";
import { PipelineError } from "../model/errors.ts";

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
    put: async (name, bytes) => {
      objects.set(name, Uint8Array.from(bytes));
    },
    get: async (name) => {
      const bytes = objects.get(name);
      if (bytes === undefined) throw new PipelineError("INPUT_NOT_FOUND", `memory holds no ${name}`);
      return bytes;
    },
    remove: async (name) => {
      objects.delete(name);
    },
    async *names(prefix) {
      yield* [...objects.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
  };
}
