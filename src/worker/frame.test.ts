import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, FrameDecoder, maxBodyBytes } from "./frame.ts";

const frames = fc.array(
  fc.record({ header: fc.dictionary(fc.string(), fc.jsonValue()), body: fc.uint8Array({ maxLength: 300 }) }),
  {
    maxLength: 12,
  },
);

test("frames survive any cutting of the stream", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat({ max: 5000 }), { maxLength: 30 }), (sent, cuts) => {
      const stream = Buffer.concat(
        sent.map((frame) => encodeFrame(JSON.parse(JSON.stringify(frame.header)), frame.body)),
      );
      const borders = [0, ...cuts.map((cut) => cut % (stream.byteLength + 1)).sort((a, b) => a - b), stream.byteLength];
      const decoder = new FrameDecoder();
      const received = borders.slice(1).flatMap((end, index) => decoder.push(stream.subarray(borders[index], end)));
      expect(received.map((frame) => ({ header: frame.header, body: Uint8Array.from(frame.body) }))).toEqual(
        sent.map((frame) => ({ header: JSON.parse(JSON.stringify(frame.header)), body: frame.body })),
      );
      expect(decoder.pendingBytes).toBe(0);
    }),
  );
});

test("a length above the limit is refused before anything is allocated", () => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(2, 0);
  bytes.writeUInt32BE(maxBodyBytes + 1, 4);
  expect(() => new FrameDecoder().push(bytes)).toThrow(/expected at most/);
});

test("bytes that are no frame are refused", () => {
  const bytes = Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 0x5b, 0x5d]);
  expect(() => new FrameDecoder().push(bytes)).toThrow("frame header is not a JSON object");
});
