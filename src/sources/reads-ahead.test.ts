import { describe, expect, it } from "vitest";
import type { SourceItem } from "../contract/source.ts";
import { sampleItem } from "./read-items.ts";
import { ReadsAhead } from "./reads-ahead.ts";

const item = (id: string): SourceItem => sampleItem({ id, parts: [], attributes: {} }, "/in");
const idsOf = (items: readonly SourceItem[]) =>
  items.map((one) => (one.kind === "sample" ? one.sample.id : one.unreadable.id));

describe("ReadsAhead", () => {
  it("gives samples in order, those that are read at once, and makes room for as many", async () => {
    const reads = new ReadsAhead();
    const pending = Array.from({ length: 64 }, () => Promise.withResolvers<SourceItem>());
    for (const { promise } of pending) reads.add(promise, 10);
    expect(reads.isFull).toBe(true);
    for (const index of [3, 1, 0, 5]) pending[index]?.resolve(item(String(index)));
    expect(idsOf(await reads.take())).toEqual(["0", "1"]);
    expect(reads.isFull).toBe(false);
    pending[2]?.resolve(item("2"));
    expect(idsOf(await reads.take())).toEqual(["2", "3"]);
  });

  it("waits for the first, however many behind it are there", async () => {
    const reads = new ReadsAhead();
    const slow = Promise.withResolvers<SourceItem>();
    reads.add(slow.promise, 1);
    reads.add(item("b"), 1);
    const taking = reads.take();
    slow.resolve(item("a"));
    expect(idsOf(await taking)).toEqual(["a", "b"]);
    expect(reads.isEmpty).toBe(true);
  });

  it("rejects where the failed one would come, after all before it", async () => {
    const reads = new ReadsAhead();
    reads.add(item("a"), 1);
    reads.add(Promise.reject(new Error("no such bucket")), 1);
    reads.add(item("c"), 1);
    await new Promise(setImmediate);
    expect(idsOf(await reads.take())).toEqual(["a"]);
    await expect(reads.take()).rejects.toThrow("no such bucket");
  });

  it("holds few bytes of what is at hand, and more of what is waited for", () => {
    const ready = new ReadsAhead();
    ready.add(item("a"), 64 * 1024);
    expect(ready.isFull).toBe(true);
    const waiting = new ReadsAhead();
    waiting.add(new Promise(() => undefined), 64 * 1024);
    expect(waiting.isFull).toBe(false);
    waiting.add(new Promise(() => undefined), 4 * 2 ** 20);
    expect(waiting.isFull).toBe(true);
    const behindOne = new ReadsAhead();
    behindOne.add(new Promise(() => undefined), 1);
    behindOne.add(item("b"), 64 * 1024);
    expect(behindOne.isFull).toBe(true);
  });
});
