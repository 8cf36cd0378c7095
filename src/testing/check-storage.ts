import { randomUUID } from "node:crypto";
import { PipelineError } from "../model/errors.ts";
import { checkConditionalWrites } from "../storage/check-conditional-writes.ts";
import { storageFor } from "../storage/open-storage.ts";
import type { ReadOptions, Storage } from "../storage/storage.ts";
import { joinUri, relativeUri } from "../storage/uri.ts";
import { brokenRule } from "./broken-rule.ts";

/**
 * Holds the storage behind a folder URI, `s3://bucket/some/prefix` say, to what the pipeline rests on; rejects with an
 * error that names the broken rule. Works in a new folder below `folder` and removes what it wrote.
 */
export async function checkStorage(folder: string): Promise<void> {
  await checkStorageContract(storageFor(folder), folder);
}

/** Same, of a storage that `storageFor` does not know. */
export async function checkStorageContract(storage: Storage, folder: string): Promise<void> {
  const home = joinUri(folder, `check-${randomUUID()}`);
  const check: Check = { storage, home, at: (name) => joinUri(home, name) };
  try {
    await checkConditionalWrites(storage, home);
    await checkAbsence(check);
    await checkRanges(check);
    await checkStream(check);
    await checkNames(check);
    await checkOneWinner(check);
    await checkWriter(check, 1000);
    await checkWriter(check, 20 * 2 ** 20 + 12_345);
    await checkMove(check);
    await checkUnfinished(check);
  } finally {
    for await (const { uri } of storage.list(home)) await storage.remove(uri);
  }
}

interface Check {
  readonly storage: Storage;
  readonly home: string;
  at(name: string): string;
}

function demand(check: Check, isKept: boolean, rule: string, finding: string): void {
  if (!isKept) throw brokenRule(`storage of ${check.home}`, rule, finding);
}

async function checkAbsence(check: Check): Promise<void> {
  const { storage, at } = check;
  demand(
    check,
    (await storage.stat(at("none"))) === undefined,
    "stat finds nothing where nothing is",
    "It found something.",
  );
  demand(check, !(await storage.isFolder(at("none"))), "a folder that nothing lies in is none", "It is one.");
  demand(
    check,
    (await listed(check)).length === 0,
    "a folder that does not exist lists nothing",
    "It lists something.",
  );
  const code = await codeOf(storage.read(at("none")));
  demand(
    check,
    code === "INPUT_NOT_FOUND",
    "read rejects with INPUT_NOT_FOUND when there is no object",
    `Received ${code}.`,
  );
  const emptyCode = await codeOf(storage.read(at("none"), { range: { offset: 0, length: 0 } }));
  demand(check, emptyCode === "INPUT_NOT_FOUND", "so does a read of no bytes", `Received ${emptyCode}.`);
  await storage.remove(at("none"));
}

async function checkRanges(check: Check): Promise<void> {
  const { storage, at } = check;
  await storage.put(at("digits"), Buffer.from("0123456789"));
  await storage.put(at("empty"), new Uint8Array(0));
  const found = await storage.stat(at("digits"));
  demand(check, found?.bytes === 10, "stat tells the size", `Received ${found?.bytes}, expected 10.`);
  const expected: readonly (readonly [string, ReadOptions["range"], string])[] = [
    ["digits", undefined, "0123456789"],
    ["digits", { offset: 3, length: 4 }, "3456"],
    ["digits", { offset: 8, length: 4 }, "89"],
    ["digits", { offset: 10, length: 4 }, ""],
    ["digits", { offset: 20, length: 4 }, ""],
    ["digits", { offset: 2, length: 0 }, ""],
    ["empty", undefined, ""],
    ["empty", { offset: 0, length: 5 }, ""],
  ];
  for (const [name, range, text] of expected) {
    const options = range === undefined ? {} : { range };
    const received = Buffer.from(await storage.read(at(name), options)).toString();
    demand(
      check,
      received === text,
      "a range is cut at the end of the object",
      `Received ${JSON.stringify(received)} for ${JSON.stringify(range)}, expected ${JSON.stringify(text)}.`,
    );
    const streamed = (await pieces(storage, at(name), options)).toString();
    demand(
      check,
      streamed === text,
      "stream gives what read gives",
      `Received ${JSON.stringify(streamed)} for ${JSON.stringify(range)}.`,
    );
  }
  await storage.put(at("digits"), Buffer.from("changed, and longer"));
  const version = found?.version ?? "";
  for (const range of [undefined, { offset: 1, length: 2 }, { offset: 0, length: 0 }]) {
    const options = { version, ...(range === undefined ? {} : { range }) };
    const code = await codeOf(storage.read(at("digits"), options));
    demand(
      check,
      code === "INPUT_CHANGED",
      "read rejects with INPUT_CHANGED when the version is another",
      `Received ${code}.`,
    );
    const streamCode = await codeOf(pieces(storage, at("digits"), options));
    demand(check, streamCode === "INPUT_CHANGED", "so does stream", `Received ${streamCode}.`);
  }
}

async function checkStream(check: Check): Promise<void> {
  const { storage, at } = check;
  const content = pattern(20 * 2 ** 20 + 777);
  await storage.put(at("large"), content);
  const options = { range: { offset: 5, length: content.byteLength - 10 } };
  let at0 = 5;
  for await (const piece of storage.stream(at("large"), options)) {
    demand(
      check,
      piece.byteLength <= 2 ** 20,
      "stream gives pieces of at most 1 MiB",
      `Received ${piece.byteLength} bytes.`,
    );
    const isSame = content.subarray(at0, at0 + piece.byteLength).equals(piece);
    demand(check, isSame, "stream gives the bytes in order", `They differ behind byte ${at0}.`);
    at0 += piece.byteLength;
  }
  demand(check, at0 === content.byteLength - 5, "stream ends at the end of the range", `It ended at ${at0}.`);
  const whole = Buffer.from(await storage.read(at("large")));
  demand(check, whole.equals(content), "read gives what was put", "It gave something else.");
}

/** Awkward names, in the order of their code units. */
const names = [
  "a b/c d.txt",
  "a%20b+c&d=e?f#g.txt",
  "a-z",
  "a/0",
  "a/b/0",
  "a0",
  "müller's (1) [x] {y} !*~.txt",
  "x/\u{1f600}.jpg",
  "x/\uff01.jpg",
  "\u{1f600}",
  "\uff01(1)",
];

async function checkPages(check: Check, expected: readonly string[]): Promise<void> {
  const paged: string[] = [];
  for await (const page of check.storage.listPages(check.at("names"))) {
    demand(check, page.length > 0, "no page of a listing is empty", "One is.");
    for (const { uri } of page) paged.push(relativeUri(check.at("names"), uri));
  }
  demand(
    check,
    paged.join("\n") === expected.join("\n"),
    "listPages gives what list gives",
    `Received ${JSON.stringify(paged)}, expected ${JSON.stringify(expected)}.`,
  );
}

async function checkNames(check: Check): Promise<void> {
  const { storage, at } = check;
  for (const name of names) await storage.put(at(`names/${name}`), Buffer.from(name));
  for (const hidden of [".hidden", "a/.hidden", ".folder/a"])
    await storage.put(at(`names/${hidden}`), Buffer.from("-"));
  const found = await listed(check, "names");
  const expected = names.toSorted((a, b) => (a < b ? -1 : 1));
  demand(
    check,
    found.join("\n") === expected.join("\n"),
    "list gives every object below a folder, hidden ones left out, ordered by code units",
    `Received ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}.`,
  );
  await checkPages(check, expected);
  for (const name of names) {
    const text = Buffer.from(await storage.read(at(`names/${name}`))).toString();
    demand(check, text === name, "an object keeps its name", `${JSON.stringify(name)} holds ${JSON.stringify(text)}.`);
  }
  for await (const object of storage.list(at("names"))) {
    const { version } = (await storage.stat(object.uri)) ?? {};
    demand(
      check,
      version === object.version,
      "list and stat tell the same version",
      `${object.version} and ${version}.`,
    );
  }
  demand(
    check,
    (await listed(check, "names/.folder")).join() === "a",
    "a hidden folder that is named is listed",
    "It is not.",
  );
  demand(check, await storage.isFolder(at("names/a")), "what objects lie in is a folder", "It is none.");
  demand(check, !(await storage.isFolder(at("names/a-"))), "the beginning of a name is no folder", "It is one.");
  demand(
    check,
    (await storage.stat(at("names/a"))) === undefined,
    "stat of a folder finds nothing",
    "It found something.",
  );
  for (const hidden of [".hidden", "a/.hidden", ".folder/a"]) await storage.remove(at(`names/${hidden}`));
}

async function checkOneWinner(check: Check): Promise<void> {
  const { storage, at } = check;
  for (const bytes of [0, 1000, 100_000]) {
    const uri = at(`race/${bytes}`);
    const bodies = Array.from({ length: 16 }, (_, writer) => Buffer.alloc(bytes, writer + 1));
    const won = await Promise.all(bodies.map((body) => storage.putIfAbsent(uri, body)));
    const winners = won.filter(Boolean).length;
    demand(
      check,
      winners === 1,
      "putIfAbsent lets exactly one of several writers create a name",
      `${winners} of 16 won.`,
    );
    const kept = Buffer.from(await storage.read(uri));
    demand(
      check,
      kept.equals(bodies[won.indexOf(true)] ?? Buffer.alloc(0)),
      "the object holds what the winner wrote",
      "It holds something else.",
    );
  }
}

async function checkWriter(check: Check, bytes: number): Promise<void> {
  const { storage, at } = check;
  const folder = at(`written-${bytes}`);
  const [name, beside] = [joinUri(folder, "a.tar"), joinUri(folder, "a.2.tar")];
  const content = pattern(bytes);
  const first = await write(storage, name, "1", content);
  demand(check, first.bytes === bytes, "a writer counts its bytes", `Received ${first.bytes}, expected ${bytes}.`);
  demand(
    check,
    (await storage.stat(name)) === undefined,
    "an object appears when it is committed, not before",
    "It is there.",
  );
  demand(check, (await first.commit()) === "created", "commit creates a name that is free", "It says that it exists.");
  await first.abort();
  const second = await write(storage, name, "2", content.toReversed());
  demand(
    check,
    (await second.commit()) === "exists",
    "commit leaves a name alone that is taken",
    "It says that it created it.",
  );
  demand(
    check,
    (await second.commitAs(beside)) === "created",
    "commitAs publishes the same bytes under another name",
    "It says that it exists.",
  );
  await second.abort();
  for (const [uri, expected] of [
    [name, content],
    [beside, content.toReversed()],
  ] as const) {
    const isSame = Buffer.from(await storage.read(uri)).equals(expected);
    demand(check, isSame, "an object holds what its writer wrote", `${uri} holds something else.`);
  }
  const third = await write(storage, joinUri(folder, "b.tar"), "3", content);
  await third.abort();
  await third.abort();
  const left = await listed(check, `written-${bytes}`);
  demand(check, left.join() === "a.2.tar,a.tar", "abort leaves nothing", `${left.join(", ")} are there.`);
}

async function write(storage: Storage, uri: string, scope: string, content: Uint8Array) {
  const writer = await storage.create(uri, scope);
  const slab = Buffer.alloc(2 ** 20);
  for (let from = 0; from < content.byteLength; from += slab.byteLength) {
    const part = content.subarray(from, from + slab.byteLength);
    slab.set(part);
    // The writer must not keep the memory that it is given.
    await writer.write(slab.subarray(0, part.byteLength));
  }
  return writer;
}

async function checkMove(check: Check): Promise<void> {
  const { storage, at } = check;
  await storage.put(at("move/ä b"), Buffer.from("new"));
  await storage.put(at("move/to"), Buffer.from("old"));
  await storage.move(at("move/ä b"), at("move/to"));
  const left = await listed(check, "move");
  demand(check, left.join() === "to", "move takes the old name away", `${left.join(", ")} are there.`);
  demand(
    check,
    Buffer.from(await storage.read(at("move/to"))).toString() === "new",
    "move replaces what has the name",
    "The old bytes are there.",
  );
  const code = await codeOf(storage.move(at("move/ä b"), at("move/to")));
  demand(
    check,
    code === "INPUT_NOT_FOUND",
    "move rejects with INPUT_NOT_FOUND when nothing lies there",
    `Received ${code}.`,
  );
}

async function checkUnfinished(check: Check): Promise<void> {
  const { storage, at } = check;
  const writer = await write(storage, at("unfinished/a.tar"), "1", pattern(17 * 2 ** 20));
  await storage.removeTemporary(at("unfinished"));
  const code = await codeOf(writer.commit());
  demand(check, code !== undefined, "what was removed as unfinished cannot be committed", "It was.");
  await writer.abort();
  const left = await listed(check, "unfinished");
  demand(check, left.length === 0, "nothing is left of what was unfinished", `${left.join(", ")} are there.`);
}

async function listed({ storage, home }: Check, below?: string): Promise<readonly string[]> {
  const folder = below === undefined ? home : joinUri(home, below);
  const found: string[] = [];
  for await (const { uri } of storage.list(folder)) found.push(relativeUri(folder, uri));
  return found;
}

async function pieces(storage: Storage, uri: string, options: ReadOptions): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of storage.stream(uri, options)) parts.push(part);
  return Buffer.concat(parts);
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof PipelineError) return error.code;
    throw error;
  }
}

/** Bytes that differ from place to place, the same every time. */
function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  let state = 12345;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
