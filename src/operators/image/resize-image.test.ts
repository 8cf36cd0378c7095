import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { firstImage, imageSample, openedImageOperator, outcomeSample } from "../../../test/fixtures/image-operator.ts";
import { picture, psnr, smoothPicture } from "../../../test/fixtures/picture.ts";
import { hasSharedImages, sharedImage } from "../../../test/fixtures/shared-media.ts";
import { decodeCounts, decodesSince } from "../../media/image/decode-tally.ts";
import type { Pixels } from "../../media/image/pixels.ts";
import { checkOperator } from "../../testing.ts";
import { filterBlur } from "./filter-blur.ts";
import { resizeGeometry } from "./resize-geometry.ts";
import { resizeImage } from "./resize-image.ts";

type Input = z.input<typeof resizeImage.options>;

const smooth = smoothPicture(500, 375);

function file(pixels: Pixels) {
  const { width, height, channels, data } = pixels;
  return sharp(data, { raw: { width, height, channels } });
}

async function resized(bytes: Uint8Array, options: Partial<Record<string, unknown>>) {
  const apply = await openedImageOperator(resizeImage, resizeImage.options.parse(options));
  const sample = outcomeSample(await apply(imageSample(bytes)));
  const part = firstImage(sample);
  const { data, info } = await sharp(await part.content.bytes())
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { sample, part, data, info };
}

describe("resizeGeometry", () => {
  // Sizes that img2dataset 1.47 with albumentations gives for the same inputs.
  it.each([
    ["keep_ratio", 500, 375, 341, 256, 341, 256],
    ["keep_ratio_largest", 500, 375, 256, 192, 256, 192],
    ["border", 500, 375, 256, 192, 256, 256],
    ["center_crop", 500, 375, 341, 256, 256, 256],
    ["keep_ratio", 100, 50, 512, 256, 512, 256],
    ["keep_ratio_largest", 512, 3, 256, 2, 256, 2],
    ["keep_ratio_largest", 512, 1, 256, 1, 256, 1],
    ["keep_ratio_largest", 512, 5, 256, 2, 256, 2],
  ] as const)("%s of %i x %i", (mode, width, height, scaledWidth, scaledHeight, canvasWidth, canvasHeight) => {
    expect(resizeGeometry(mode, 256, false, width, height)).toMatchObject({
      scaledWidth,
      scaledHeight,
      canvasWidth,
      canvasHeight,
    });
  });

  it("leaves alone what is small enough, and everything in mode no", () => {
    expect(resizeGeometry("border", 256, true, 256, 100)).toBeUndefined();
    expect(resizeGeometry("keep_ratio", 256, true, 1000, 256)).toBeUndefined();
    expect(resizeGeometry("keep_ratio", 256, true, 1000, 257)).toBeDefined();
    expect(resizeGeometry("no", 256, false, 1000, 1000)).toBeUndefined();
  });

  it("puts the odd pixel right and below", () => {
    expect(resizeGeometry("center_crop", 256, false, 500, 375)).toMatchObject({ left: 42, top: 0 });
    expect(resizeGeometry("border", 255, false, 500, 375)).toMatchObject({ marginLeft: 0, marginTop: 32 });
  });
});

describe("resize-image", () => {
  it("keeps the promises of an operator", async () => {
    const samples = [
      imageSample(await file(smooth).jpeg().toBuffer(), "plain"),
      imageSample(await file(smoothPicture(2000, 1500)).jpeg().toBuffer(), "large"),
      imageSample(await file(picture(20, 300)).png().toBuffer(), "tall"),
      imageSample((await file(smooth).jpeg().toBuffer()).subarray(0, 4000), "cut"),
    ];
    expect(await checkOperator(resizeImage, { samples })).toMatchObject({ kept: 3, failed: { SAMPLE_CORRUPT: 1 } });
  });

  it("has img2dataset's defaults: 256 px, white border, JPEG at quality 95", async () => {
    const { sample, part, info, data } = await resized(await file(smooth).jpeg().toBuffer(), {});
    expect(part.mediaType).toBe("image/jpeg");
    expect(sample.attributes).toEqual({
      imageWidth: 256,
      imageHeight: 256,
      originalImageWidth: 500,
      originalImageHeight: 375,
    });
    expect([info.width, info.height]).toEqual([256, 256]);
    expect(data.subarray(0, 256 * 3 * 24).every((value) => value >= 250)).toBe(true);
  });

  it.each([
    ["the fast path", () => file(smooth).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }), 30],
    ["the fast path, progressive", () => file(smooth).jpeg({ quality: 95, progressive: true }), 30],
    ["the general path", () => file(smooth).png(), 30],
    ["the fast path at a quarter", () => file(smoothPicture(2000, 1500)).jpeg({ quality: 95 }), 30],
    ["the fast path at a half", () => file(smoothPicture(1000, 750)).jpeg({ quality: 95 }), 30],
    [
      "the fast path at a quarter, progressive",
      () => file(smoothPicture(2000, 1500)).jpeg({ quality: 95, progressive: true }),
      30,
    ],
    ["shrink-on-load", () => file(smoothPicture(2000, 1500)).webp({ quality: 95 }), 30],
  ] as const)("%s equals libvips within what JPEG loses", async (_name, encoded, decibels) => {
    const bytes = await encoded().toBuffer();
    const { data } = await resized(bytes, { mode: "keep_ratio", downscaleInterpolation: "lanczos" });
    const expected = await sharp(bytes)
      .resize(341, 256, { fit: "fill", kernel: "lanczos3", fastShrinkOnLoad: false })
      .raw()
      .toBuffer();
    expect(psnr(data, expected)).toBeGreaterThan(decibels);
  });

  it.each([2, 3, 4, 5, 6, 7, 8])("turns orientation %i upright", async (orientation) => {
    const upright = await file(smooth).png().toBuffer();
    const bytes = await file(smooth).withMetadata({ orientation }).jpeg({ quality: 100 }).toBuffer();
    const { info, data } = await resized(bytes, { mode: "keep_ratio" });
    const expected = sharp(await sharp(upright).withMetadata({ orientation }).png().toBuffer()).autoOrient();
    const [width = 0, height = 0] = orientation < 5 ? [341, 256] : [256, 341];
    expect([info.width, info.height]).toEqual([width, height]);
    const shrunk = sharp(await expected.png().toBuffer()).resize({ width, height, fit: "fill" });
    const pixels = await shrunk.raw().toBuffer();
    expect(psnr(data, pixels)).toBeGreaterThan(28);
  });

  it.each([
    [3, 256],
    [6, 256],
    [3, 60],
    [6, 60],
  ])("crops and borders what lies at orientation %i to %i as if it stood upright", async (orientation, sizePixels) => {
    const lying = await file(smooth).withMetadata({ orientation }).jpeg({ quality: 100 }).toBuffer();
    const upright = await sharp(lying).autoOrient().jpeg({ quality: 100, chromaSubsampling: "4:4:4" }).toBuffer();
    for (const mode of ["center_crop", "border"] as const) {
      const options = { mode, sizePixels };
      const [turned, stood] = [await resized(lying, options), await resized(upright, options)];
      expect([turned.info.width, turned.info.height]).toEqual([stood.info.width, stood.info.height]);
      expect(psnr(turned.data, stood.data)).toBeGreaterThan(38);
    }
  });

  it("has the decoder chosen by an image's header and its size, and counted", async () => {
    const lying = await file(smooth).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const cmyk = await file(smooth).toColourspace("cmyk").jpeg().toBuffer();
    const progressive = await file(smooth).jpeg({ progressive: true }).toBuffer();
    const ways = [
      [await file(smooth).jpeg().toBuffer(), 256, { "jpeg-turbo": 1 }],
      [lying, 256, { "jpeg-turbo": 1 }],
      [cmyk, 256, { "jpeg-kernel": 1 }],
      [await file(smooth).toColourspace("cmyk").withIccProfile("cmyk").jpeg().toBuffer(), 256, { sharp: 1 }],
      [await file(smooth).png().toBuffer(), 256, { sharp: 1 }],
      [lying, 187, { "jpeg-kernel": 1 }],
      [lying, 188, { "jpeg-turbo": 1 }],
      [progressive, 188, { "jpeg-turbo": 1 }],
      [progressive, 20, { "jpeg-kernel": 1 }],
      [cmyk, 20, { "jpeg-kernel": 1 }],
      [await file(smooth).png().toBuffer(), 20, { "sharp-reduced": 1 }],
    ] as const;
    for (const [bytes, sizePixels, expected] of ways) {
      const before = decodeCounts();
      await resized(bytes, { mode: "keep_ratio", sizePixels });
      expect(decodesSince(before)).toEqual(expected);
    }
  });

  it.each([false, true])(
    "fails a damaged file at every size, and one that ends early (progressive: %s)",
    async (progressive) => {
      const intact = await file(smooth).jpeg({ progressive }).toBuffer();
      const damaged = Buffer.concat([intact.subarray(0, 3000), intact.subarray(3600)]);
      const cut = intact.subarray(0, 3000);
      for (const sizePixels of [256, 150, 80, 20]) {
        for (const bytes of [damaged, cut]) {
          const resizing = resized(bytes, { mode: "keep_ratio", sizePixels });
          await expect(resizing).rejects.toMatchObject({ code: "SAMPLE_CORRUPT" });
        }
      }
    },
  );

  it("lays transparency on the background and borders with it", async () => {
    const clear = await file(smooth).ensureAlpha(0).png().toBuffer();
    const { data, info } = await resized(clear, { background: "#ff0000", format: "png", mode: "border" });
    expect(info.channels).toBe(3);
    for (let at = 0; at < data.length; at += 3) expect([data[at], data[at + 1], data[at + 2]]).toEqual([255, 0, 0]);
  });

  it("borders grey on a coloured background in colour", async () => {
    const grey = await file(smooth).toColourspace("b-w").png().toBuffer();
    const { data, info } = await resized(grey, { background: "#0000ff", format: "png" });
    expect(info.channels).toBe(3);
    expect([...data.subarray(0, 3)]).toEqual([0, 0, 255]);
    const middle = (128 * 256 + 128) * 3;
    expect(data[middle]).toBe(data[middle + 1]);
  });

  it("cuts the middle out with center_crop", async () => {
    const bytes = await file(smooth).png().toBuffer();
    const whole = await resized(bytes, { mode: "keep_ratio", format: "png" });
    const { data } = await resized(bytes, { mode: "center_crop", format: "png" });
    const expected = await sharp(whole.data, { raw: { width: 341, height: 256, channels: 3 } })
      .extract({ left: 42, top: 0, width: 256, height: 256 })
      .raw()
      .toBuffer();
    expect(data.equals(expected)).toBe(true);
  });

  it("enlarges unless told not to, and re-encodes unless told not to", async () => {
    const small = await file(picture(100, 80)).jpeg().toBuffer();
    expect((await resized(small, { mode: "keep_ratio" })).info).toMatchObject({ width: 320, height: 256 });
    const left = await resized(small, { onlyIfBigger: true, quality: 50 });
    expect(left.info).toMatchObject({ width: 100, height: 80 });
    expect(Buffer.from(await left.part.content.bytes()).equals(small)).toBe(false);
    const kept = await resized(small, { onlyIfBigger: true, skipReencode: true });
    expect(Buffer.from(await kept.part.content.bytes()).equals(small)).toBe(true);
    const converted = await resized(await file(picture(100, 80)).png().toBuffer(), { mode: "no", skipReencode: true });
    expect(converted.part.mediaType).toBe("image/jpeg");
  });

  it("resizes only the named image, and every image without a name", async () => {
    const bytes = await file(smooth).jpeg().toBuffer();
    const front = firstImage(imageSample(bytes));
    const sample = { id: "two", parts: [front, { ...front, name: "back" }], attributes: {} };
    const named = await openedImageOperator(resizeImage, { part: "back" } satisfies Input);
    const all = await openedImageOperator(resizeImage, {});
    expect(outcomeSample(await named(sample)).parts[0]).toBe(front);
    expect(outcomeSample(await named(sample)).parts[1]).not.toBe(sample.parts[1]);
    expect(outcomeSample(await all(sample)).parts.map((part) => part.name)).toEqual(["image", "back"]);
    expect(outcomeSample(await all(sample)).parts[0]).not.toBe(front);
  });

  it("refuses to enlarge beyond the pixel limit", async () => {
    const apply = await openedImageOperator(resizeImage, { mode: "keep_ratio", maxInputPixels: 1_000_000 });
    const thread = await file(picture(1000, 1)).png().toBuffer();
    await expect(apply(imageSample(thread))).rejects.toMatchObject({ code: "SAMPLE_TOO_LARGE" });
  });

  it("derives from pixels that an earlier step decoded", async () => {
    const bytes = await file(smooth).jpeg({ quality: 95 }).toBuffer();
    const blur = await openedImageOperator(filterBlur, { mode: "score" });
    const apply = await openedImageOperator(resizeImage, { mode: "keep_ratio" });
    const sample = imageSample(bytes);
    const measured = outcomeSample(await blur(sample));
    const derived = await firstImage(outcomeSample(await apply(measured))).content.bytes();
    const direct = await resized(bytes, { mode: "keep_ratio" });
    expect(psnr(await sharp(derived).raw().toBuffer(), direct.data)).toBeGreaterThan(35);
  });
});

describe.skipIf(!hasSharedImages)("resize-image on real files (skipped without ../shared/media)", () => {
  it.each([
    "Portrait_6.jpg",
    "gain-map.jpg",
    "Channel_digital_image_CMYK_color.jpg",
    "concert.jpg",
    "16-bit-grey-alpha.png",
    "tbgn2c16.png",
    "animated-loop-3.webp",
    "rotating-squares.gif",
    "G31D.TIF",
    "pitm.avif",
  ])("%s becomes a 256 px JPEG", async (name) => {
    const { info } = await resized(sharedImage(name), { mode: "center_crop" });
    expect(info).toMatchObject({ width: 256, height: 256 });
  });
});
