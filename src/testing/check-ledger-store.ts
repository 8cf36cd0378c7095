import type { LedgerStore } from "../ledger/ledger-store.ts";
import { PipelineError } from "../model/errors.ts";
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
  await checkReplaced(name, one, other);
  await checkRemoved(name, one, other);
}

async function checkOneWinner(name: string, one: LedgerStore, other: LedgerStore): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const writers = Array.from({ length: 8 }, (_, writer) => ({
      store: writer % 2 === 0 ? one : other,
      bytes: Buffer.from(`writer ${writer}`),
    }));
    const object = checkpointObject(round);
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
  if ((await textOf(one, object)) !== "first")
    throw brokenRule(name, "a refused putIfAbsent changes nothing", "The object changed.");
}

async function checkNames(name: string, store: LedgerStore): Promise<void> {
  const checkpoints = Array.from({ length: 20 }, (_, round) => checkpointObject(round));
  await checkListed(name, store, "", [...checkpoints, "inputs/a.jsonl"]);
  await checkListed(name, store, "checkpoint_", checkpoints);
  await checkListed(name, store, "inputs/", ["inputs/a.jsonl"]);
  await checkListed(name, store, "snapshots/", []);
}

async function checkListed(name: string, store: LedgerStore, prefix: string, expected: readonly string[]) {
  const names: string[] = [];
  for await (const object of store.names(prefix)) names.push(object);
  if (names.join() !== expected.join())
    throw brokenRule(
      name,
      "names lists every object with the prefix, ordered by code units, and nothing else",
      `With ${JSON.stringify(prefix)} received ${names.join(", ") || "nothing"}.`,
    );
}

async function checkReplaced(name: string, one: LedgerStore, other: LedgerStore): Promise<void> {
  for (const text of ["one beat", "another"]) {
    await one.put("claims/a.json", Buffer.from(text));
    if ((await textOf(other, "claims/a.json")) !== text)
      throw brokenRule(name, "put creates or replaces", `Expected ${JSON.stringify(text)}.`);
  }
}

async function checkRemoved(name: string, one: LedgerStore, other: LedgerStore): Promise<void> {
  await one.remove("claims/a.json");
  await one.remove("claims/a.json");
  try {
    await other.get("claims/a.json");
  } catch (error) {
    if (error instanceof PipelineError && error.code === "INPUT_NOT_FOUND") {
      if (await other.putIfAbsent("claims/a.json", Buffer.from("again"))) return;
      throw brokenRule(name, "a removed name is free again", "putIfAbsent refused it.");
    }
    throw brokenRule(name, "get rejects with INPUT_NOT_FOUND when there is no object", String(error));
  }
  throw brokenRule(name, "remove removes an object", "It can still be read.");
}

async function textOf(store: LedgerStore, object: string): Promise<string> {
  return Buffer.from(await store.get(object)).toString();
}

function checkpointObject(round: number): string {
  return `checkpoint_${String(round + 1).padStart(6, "0")}.json`;
}
