import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeJpeg, jpegSamplings, jpegWithRestarts } from "../../test/fixtures/encode-jpeg.ts";
import { noise } from "../../test/fixtures/noise.ts";
import { psnr, smoothPicture } from "../../test/fixtures/picture.ts";
import { baselineJpeg } from "../media/image/baseline-jpeg.ts";
import type { Pixels } from "../media/image/pixels.ts";
import { JpegReducer, type JpegReduction, jpegReductions, type ReducedJpeg } from "./jpeg-reducer.ts";
import { jpegReference } from "./jpeg-reference.ts";

const reducer = new JpegReducer();
const side = fc.integer({ min: 1, max: 70 });
const reduction = fc.constantFrom(...jpegReductions);

function scanOf(file: Uint8Array) {
  const scan = baselineJpeg(file);
  if (scan === undefined) throw new Error("it is no baseline JPEG");
  return scan;
}

function reduce(file: Uint8Array, by: JpegReduction): ReducedJpeg | undefined {
  return reducer.reduce(file, scanOf(file), by);
}

function noisePicture(width: number, height: number, seed: number): Pixels {
  return { width, height, channels: 3, data: noise(width * height * 3, seed) };
}

/** Colours are rounded twice: where a level of chroma rounds the other way, blue differs by two. */
function expectEqual(file: Uint8Array, by: JpegReduction): void {
  const pixels = reduce(file, by);
  const expected = jpegReference(file, scanOf(file), by);
  expect(pixels?.data.length).toBe(expected.length);
  let most = 0;
  let differing = 0;
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(value - (pixels?.data[index] ?? 0));
    most = Math.max(most, difference);
    if (difference > 0) differing++;
  }
  expect(most).toBeLessThanOrEqual(2);
  expect(differing).toBeLessThanOrEqual(expected.length * 0.1 + 2);
}

/** Means of the pixels that each reduced pixel stands for. */
async function averaged(file: Uint8Array, by: JpegReduction, channels: 1 | 3): Promise<Uint8Array> {
  const { data, info } = await sharp(file)
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [width, height] = [info.width / by, info.height / by];
  return Uint8Array.from({ length: width * height * info.channels }, (_, index) => {
    const [channel, pixel] = [index % info.channels, Math.floor(index / info.channels)];
    let sum = 0;
    for (let at = 0; at < by * by; at++) {
      const x = (pixel % width) * by + (at % by);
      const y = Math.floor(pixel / width) * by + Math.floor(at / by);
      sum += data[(y * info.width + x) * info.channels + channel] ?? 0;
    }
    return Math.round(sum / (by * by));
  });
}

describe("JpegReducer", () => {
  it("equals its plain TypeScript twin, whatever the sampling, the quality and the size", () => {
    fc.assert(
      fc.property(
        fc.tuple(side, side),
        fc.constantFrom(...jpegSamplings),
        fc.integer({ min: 1, max: 100 }),
        fc.option(fc.nat()),
        reduction,
        ([width, height], sampling, quality, seed, by) => {
          const picture = seed === null ? smoothPicture(width, height) : noisePicture(width, height, seed);
          expectEqual(encodeJpeg(picture, quality, sampling), by);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(jpegReductions)("equals it on a file with restart markers, at a 1/%i", (by) => {
    expectEqual(jpegWithRestarts, by);
  });

  it.each(jpegSamplings.flatMap((sampling) => jpegReductions.map((by) => [sampling, by] as const)))(
    "gives the mean of the pixels that libjpeg-turbo decodes, of %s at a 1/%i",
    async (sampling, by) => {
      const file = encodeJpeg(smoothPicture(320, 240), 95, sampling);
      const pixels = reduce(file, by);
      if (pixels === undefined) throw new Error("it is not decoded");
      expect(psnr(pixels.data, await averaged(file, by, pixels.channels))).toBeGreaterThan(40);
    },
  );

  it("gives nothing where the file ends early, wherever it does", () => {
    const file = encodeJpeg(noisePicture(40, 40, 1), 80, "4:2:0");
    for (let end = scanOf(file).from; end < file.length; end++) {
      expect(reduce(file.subarray(0, end), 4)).toBeUndefined();
    }
    expect(reduce(file, 4)).toBeDefined();
  });

  it("survives any damage, and gives the right size or nothing", () => {
    const files = [jpegWithRestarts, encodeJpeg(noisePicture(60, 60, 2), 90, "4:2:0")];
    const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, reduction, (file, changes, by) => {
        const damaged = Buffer.from(file);
        for (const [place, value] of changes) damaged[2 + Math.floor(place * (file.length - 3))] = value;
        const scan = baselineJpeg(damaged);
        // Millions of pixels from some hundred bytes are another matter.
        fc.pre(scan === undefined || scan.width * scan.height < 1e6);
        const pixels = scan === undefined ? undefined : reducer.reduce(damaged, scan, by);
        if (scan === undefined || pixels === undefined) return;
        expect([pixels.width, pixels.height]).toEqual([Math.ceil(scan.width / by), Math.ceil(scan.height / by)]);
        expect(pixels.data.length).toBe(pixels.width * pixels.height * pixels.channels);
      }),
      { numRuns: 1000 },
    );
  });

  it("leaves files to others whose bytes are more than the image's", () => {
    const file = encodeJpeg(smoothPicture(64, 64), 80, "4:4:4");
    const end = file.length - 2;
    const withMore = (...bytes: number[]) =>
      Buffer.concat([file.subarray(0, end), Buffer.of(...bytes), file.subarray(end)]);
    expect(reduce(withMore(0x12, 0x34), 2)).toBeUndefined();
    expect(reduce(withMore(0xff, 0xd0), 2)).toBeUndefined();
    expect(reduce(Buffer.concat([file, Buffer.of(1, 2, 3)]), 2)).toBeDefined();
  });
});
