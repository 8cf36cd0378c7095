import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeJpeg, jpegSamplings, jpegWithRestarts } from "../../test/fixtures/encode-jpeg.ts";
import { noise } from "../../test/fixtures/noise.ts";
import { psnr, smoothPicture } from "../../test/fixtures/picture.ts";
import { jpegScans } from "../media/image/jpeg-scans.ts";
import type { Pixels } from "../media/image/pixels.ts";
import type { JpegReduction } from "./jpeg-frame.ts";
import { JpegReducer, type ReducedJpeg } from "./jpeg-reducer.ts";
import { jpegReference } from "./jpeg-reference.ts";

const reducer = new JpegReducer();
const side = fc.integer({ min: 1, max: 70 });
/** Subsampled chroma is not decoded whole. */
const reductions = [8, 4, 2] as const;
const reduction = fc.constantFrom(...reductions);

const plenty = 2 ** 26;

function frameOf(file: Uint8Array) {
  const frame = jpegScans(file);
  if (frame === undefined) throw new Error("it is no JPEG that the kernel knows");
  return frame;
}

function attempt(file: Uint8Array, by: JpegReduction) {
  return reducer.reduce(file, frameOf(file), by, plenty);
}

function reduce(file: Uint8Array, by: JpegReduction): ReducedJpeg {
  const reduced = attempt(file, by);
  if (typeof reduced === "string") throw new Error(`the kernel says that it is ${reduced}`);
  return reduced;
}

function noisePicture(width: number, height: number, seed: number): Pixels {
  return { width, height, channels: 3, data: noise(width * height * 3, seed) };
}

function progressiveNoise(width: number): Promise<Buffer> {
  const { data } = noisePicture(width, width, 2);
  return sharp(data, { raw: { width, height: width, channels: 3 } })
    .jpeg({ progressive: true })
    .toBuffer();
}

/**
 * Colours are rounded twice: where a level of chroma rounds the other way, blue differs by two. Whole blocks of coarsely
 * quantised files lie halfway between two levels: they may go either way, and do not count as differing.
 */
function expectEqual(file: Uint8Array, by: JpegReduction): void {
  const pixels = reduce(file, by);
  const [expected, down, up] = [0, -1e-3, 1e-3].map((tilt) => jpegReference(file, frameOf(file), by, tilt));
  expect(pixels.data.length).toBe(expected?.length);
  let most = 0;
  let differing = 0;
  for (const [index, value] of pixels.data.entries()) {
    const [either, or] = [down?.[index] ?? 0, up?.[index] ?? 0];
    most = Math.max(most, Math.abs(value - (expected?.[index] ?? 0)));
    if (value < Math.min(either, or) || value > Math.max(either, or)) differing++;
  }
  expect(most).toBeLessThanOrEqual(2);
  // Of the smallest images one pixel, in which levels of two components lie halfway and go different ways.
  expect(differing).toBeLessThanOrEqual(pixels.data.length * 0.1 + 3);
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

  it("equals it on progressive files, by libjpeg's scans and by those of MozJPEG", async () => {
    const kind = fc.record({
      progressive: fc.constant(true),
      mozjpeg: fc.boolean(),
      quality: fc.integer({ min: 1, max: 100 }),
      chromaSubsampling: fc.constantFrom("4:4:4", "4:2:0"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(side, side),
        kind,
        fc.boolean(),
        fc.option(fc.nat()),
        reduction,
        async ([width, height], options, isGrey, seed, by) => {
          const picture = seed === null ? smoothPicture(width, height) : noisePicture(width, height, seed);
          const image = sharp(picture.data, { raw: { width, height, channels: 3 } });
          if (isGrey) image.toColourspace("b-w");
          const file = await image.jpeg(options).toBuffer();
          expect(frameOf(file).isProgressive).toBe(true);
          expectEqual(file, by);
        },
      ),
      { numRuns: 120 },
    );
  });

  it.each(["4:4:4", "4:2:0"])(
    "makes the same pixels of a progressive file as of a baseline one, %s",
    async (sampling) => {
      const [width, height] = [643, 417];
      const picture = sharp(noisePicture(width, height, 3).data, { raw: { width, height, channels: 3 } }).blur(1);
      for (const quality of [30, 75, 98]) {
        const options = { quality, chromaSubsampling: sampling };
        const baseline = await picture.clone().jpeg(options).toBuffer();
        const progressive = await picture
          .clone()
          .jpeg({ ...options, progressive: true })
          .toBuffer();
        for (const by of reductions) {
          const expected = Buffer.from(reduce(baseline, by).data);
          expect(expected.equals(reduce(progressive, by).data)).toBe(true);
        }
      }
    },
  );

  it.each(reductions)("equals it on a file with restart markers, at a 1/%i", (by) => {
    expectEqual(jpegWithRestarts, by);
  });

  it.each(jpegSamplings.flatMap((sampling) => reductions.map((by) => [sampling, by] as const)))(
    "gives the mean of the pixels that libjpeg-turbo decodes, of %s at a 1/%i",
    async (sampling, by) => {
      const file = encodeJpeg(smoothPicture(320, 240), 95, sampling);
      const pixels = reduce(file, by);
      expect(psnr(pixels.data, await averaged(file, by, pixels.channels))).toBeGreaterThan(40);
    },
  );

  it("leaves files to others that would take more memory than allowed", () => {
    const file = encodeJpeg(smoothPicture(640, 480), 90, "4:2:0");
    expect(reducer.reduce(file, frameOf(file), 2, 2 ** 17)).toBe("unfit");
  });

  it("takes a progressive component without a scan for zeros, whatever was decoded before", async () => {
    const picture = noisePicture(90, 70, 4);
    const image = sharp(picture.data, { raw: { width: 90, height: 70, channels: 3 } });
    const file = await image.jpeg({ progressive: true }).toBuffer();
    const [means, luma] = frameOf(file).scans;
    if (means === undefined || luma === undefined) throw new Error("there are no scans");
    expect(luma.components).toHaveLength(1);
    // Without the first scan, whose header has fourteen bytes, and all behind the second.
    const parts = [file.subarray(0, means.from - 14), file.subarray(means.to, luma.to), Buffer.of(0xff, 0xd9)];
    const alone = Buffer.concat(parts);
    expect(frameOf(alone).scans).toHaveLength(1);
    for (const by of reductions) {
      reduce(await progressiveNoise(60), by);
      expectEqual(alone, by);
    }
  });

  it("leaves files to others whose chroma would have to be enlarged", () => {
    expect(attempt(encodeJpeg(smoothPicture(64, 48), 90, "4:2:0"), 1)).toBe("unfit");
  });

  it("gives nothing where the file ends early, wherever it does", async () => {
    for (const file of [encodeJpeg(noisePicture(40, 40, 1), 80, "4:2:0"), await progressiveNoise(40)]) {
      for (let end = 0; end < file.length; end++) {
        const frame = jpegScans(file.subarray(0, end));
        if (frame !== undefined) expect(reducer.reduce(file.subarray(0, end), frame, 4, plenty)).toBe("damaged");
      }
      expect(attempt(file, 4)).not.toBe("damaged");
    }
  });

  it("survives any damage, and gives the right size or nothing", async () => {
    const files = [jpegWithRestarts, encodeJpeg(noisePicture(60, 60, 2), 90, "4:2:0"), await progressiveNoise(60)];
    const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, reduction, (file, changes, by) => {
        const damaged = Buffer.from(file);
        for (const [place, value] of changes) damaged[2 + Math.floor(place * (file.length - 3))] = value;
        const frame = jpegScans(damaged);
        // Millions of pixels from some hundred bytes are another matter.
        fc.pre(frame === undefined || frame.width * frame.height < 1e6);
        const pixels = frame === undefined ? undefined : reducer.reduce(damaged, frame, by, plenty);
        if (frame === undefined || pixels === undefined || typeof pixels === "string") return;
        expect([pixels.width, pixels.height]).toEqual([Math.ceil(frame.width / by), Math.ceil(frame.height / by)]);
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
    expect(attempt(withMore(0x12, 0x34), 2)).toBe("damaged");
    expect(attempt(withMore(0xff, 0xd0), 2)).toBe("damaged");
    expect(attempt(Buffer.concat([file, Buffer.of(1, 2, 3)]), 2)).toMatchObject({ width: 32 });
  });
});
