import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FlowingBytes } from "./flowing-bytes.ts";
import { RangeLength } from "./range-length.ts";
import { RangesAhead } from "./ranges-ahead.ts";

const mebibyte = 2 ** 20;
const pieceBytes = 128 * 1024;

/** A server whose byte at any place is known, and that waits when it is told to. */
class Server {
  sent = 0;
  taken = 0;
  mostHeld = 0;
  readonly asked: number[] = [];
  readonly #turns: (length: number) => number;

  constructor(turns: (length: number) => number) {
    this.#turns = turns;
  }

  readonly send = async (from: number, to: number, bytes: FlowingBytes): Promise<void> => {
    this.asked.push(to - from);
    bytes.expect(to - from);
    for (let at = from; at < to; at += pieceBytes) {
      await bytes.room();
      for (let left = this.#turns(at); left > 0; left--) await turn();
      const length = Math.min(pieceBytes, to - at);
      bytes.take(Buffer.alloc(length, at / pieceBytes));
      this.sent += length;
      this.mostHeld = Math.max(this.mostHeld, this.sent - this.taken);
    }
    bytes.end();
  };
}

/** What was learned from a fast connection, or from a slow one. */
function lengthAfter(kind: "fast" | "slow"): RangeLength {
  const length = new RangeLength();
  for (let time = 0; time < 10; time++) length.learn(mebibyte, kind === "fast" ? 1 : 100);
  return length;
}

test("in order and in bounded memory, however fast the server and its receiver are", async () => {
  const scenario = fc.record({
    kind: fc.constantFrom("fast" as const, "slow" as const),
    turns: fc.array(fc.nat(2), { minLength: 1 }),
    pauses: fc.array(fc.nat(2), { minLength: 1 }),
    bytes: fc.integer({ min: 1, max: 100 * mebibyte }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ kind, turns, pauses, bytes }) => {
      const server = new Server((at) => turns[(at / pieceBytes) % turns.length] ?? 0);
      const ranges = new RangesAhead(server.send, lengthAfter(kind), 0, bytes);
      ranges.ask();
      let piece = 0;
      for await (const chunk of ranges.pieces()) {
        for (let left = pauses[piece % pauses.length] ?? 0; left > 0; left--) await turn();
        expect(chunk[0]).toBe(piece++ % 256);
        server.taken += chunk.byteLength;
      }
      expect(server.taken).toBe(bytes);
      expect(server.mostHeld).toBeLessThanOrEqual(24 * mebibyte + 2 * pieceBytes);
    }),
    { numRuns: 20 },
  );
});

test("short ranges side by side where a connection is slow, long ones one by one where it is fast", () => {
  const asked = (kind: "fast" | "slow") => {
    const lengths: number[] = [];
    const endless = async (from: number, to: number) => {
      lengths.push((to - from) / mebibyte);
      return await new Promise<void>(() => undefined);
    };
    new RangesAhead(endless, lengthAfter(kind), 0, 1000 * mebibyte).ask();
    return lengths;
  };
  expect(asked("slow")).toEqual([4, 4, 4, 4]);
  expect(asked("fast")).toEqual([64]);
});

test("a failure comes after the bytes before it, and nothing waits for room that nobody will make", async () => {
  const waiting: FlowingBytes[] = [];
  const failing = async (from: number, to: number, bytes: FlowingBytes) => {
    bytes.expect(to - from);
    bytes.take(Buffer.alloc(8 * mebibyte));
    if (from > 0) waiting.push(bytes);
    else bytes.end({ failure: new Error("broken") });
  };
  const length = new RangeLength();
  length.learn(mebibyte, 1);
  const ranges = new RangesAhead(failing, length, 0, 16 * mebibyte);
  ranges.ask();
  const received: number[] = [];
  const reading = (async () => {
    for await (const { byteLength } of ranges.pieces()) received.push(byteLength);
  })();
  await expect(reading).rejects.toThrow("broken");
  expect(received).toEqual([8 * mebibyte]);
  const room = waiting[0]?.room();
  expect(room).toBeInstanceOf(Promise);
  ranges.discard();
  await room;
});
