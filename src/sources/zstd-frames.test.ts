import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ZstdFrameFollower } from "./zstd-frames.ts";

const skippable = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from("meta!")]);
const frame = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }).map((bytes) => zstdCompressSync(bytes)),
  fc.nat(300_000).map((length) => zstdCompressSync(Buffer.alloc(length, 65))),
  fc.constant(skippable),
);

describe("ZstdFrameFollower", () => {
  it("is complete behind whole frames only, and cuts there, in whatever pieces they come", () => {
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 5000 }),
        (frames, size) => {
          const stream = Buffer.concat(frames);
          const borders = new Set<number>([0]);
          let border = 0;
          for (const { length } of frames) borders.add((border += length));
          const follower = new ZstdFrameFollower();
          const ends = new Set<number>([0]);
          let seen = 0;
          for (let at = 0; at < stream.length; at += size) {
            for (const piece of follower.push(stream.subarray(at, at + size))) ends.add((seen += piece.byteLength));
            expect(follower.isComplete).toBe(borders.has(seen));
          }
          expect(seen).toBe(stream.length);
          for (const end of borders) expect(ends).toContain(end);
        },
      ),
    );
  });
});
