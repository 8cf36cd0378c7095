import type { LedgerStore } from "../ledger/ledger-store.ts";
import { brokenRule } from "./broken-rule.ts";

/**
 * Holds a ledger store to its contract; throws an Error that names the broken rule. `open` gives the
 * same empty store at every call, as two coordinators would open it.
 */
export async function checkLedgerStore(name: string, open: () => Promise<LedgerStore>): Promise<void> {
  const [one, other] = [await open(), await open()];
  await checkOneWinner(name, one, other);
  await checkNothingChanges(name, one, other);
  await checkNames(name, other);
}

async function checkOneWinner(name: string, one: LedgerStore, other: LedgerStore): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const writers = Array.from({ length: 8 }, (_, writer) => ({
      store: writer % 2 === 0 ? one : other,
      bytes: Buffer.from(`writer ${writer}`),
    }));
    const object = `checkpoint_${String(round + 1).padStart(6, "0")}.json`;
    const won = await Promise.all(writers.map(({ store, bytes }) => store.putIfAbsent(object, bytes)));
    const winners = writers.filter((_, index) => won[index] === true);
    const [winner] = winners;
    if (winners.length !== 1 || winner === undefined)
      throw brokenRule(
        name,
        "putIfAbsent lets exactly one of several writers create a name",
        `${winners.length} of 8 won.`,
      );
    if (!winner.bytes.equals(await other.get(object)))
      throw brokenRule(name, "an object holds what the winner wrote", "It holds something else.");
  }
}

async function checkNothingChanges(name: string, one: LedgerStore, other: LedgerStore): Promise<void> {
  const object = "inputs/a.jsonl";
  await one.putIfAbsent(object, Buffer.from("first"));
  if (await other.putIfAbsent(object, Buffer.from("second")))
    throw brokenRule(name, "putIfAbsent refuses a name that is taken", "It was created again.");
  if (Buffer.from(await one.get(object)).toString() !== "first")
    throw brokenRule(name, "a refused putIfAbsent changes nothing", "The object changed.");
}

async function checkNames(name: string, store: LedgerStore): Promise<void> {
  const names: string[] = [];
  for await (const object of store.names()) names.push(object);
  const expected = [
    ...Array.from({ length: 20 }, (_, round) => `checkpoint_${String(round + 1).padStart(6, "0")}.json`),
    "inputs/a.jsonl",
  ];
  if (names.join() !== expected.join())
    throw brokenRule(
      name,
      "names lists every object, ordered by code units, and nothing else",
      `Received ${names.join(", ")}.`,
    );
}
