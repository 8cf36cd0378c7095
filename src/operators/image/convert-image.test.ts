import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { firstImage, imageSample, openedImageOperator, outcomeSample } from "../../../test/fixtures/image-operator.ts";
import { picture } from "../../../test/fixtures/picture.ts";
import { checkOperator } from "../../testing.ts";
import { convertImage } from "./convert-image.ts";
import { resizeImage } from "./resize-image.ts";
import { stripMetadata } from "./strip-metadata.ts";

const source = picture(60, 40);
const image = () => sharp(source.data, { raw: { width: 60, height: 40, channels: 3 } });

describe("convert-image", () => {
  it("keeps the promises of an operator", async () => {
    const samples = [imageSample(await image().png().toBuffer(), "a"), imageSample(Buffer.from("no"), "b")];
    expect(await checkOperator(convertImage, { samples })).toMatchObject({
      kept: 1,
      failed: { SAMPLE_UNSUPPORTED: 1 },
    });
  });

  it.each(["jpeg", "png", "webp", "avif"] as const)("writes %s", async (format) => {
    const apply = await openedImageOperator(convertImage, { format });
    const part = firstImage(outcomeSample(await apply(imageSample(await image().tiff().toBuffer()))));
    expect(part.mediaType).toBe(`image/${format}`);
    const metadata = await sharp(await part.content.bytes()).metadata();
    expect(metadata).toMatchObject({ format: format === "avif" ? "heif" : format, width: 60, height: 40 });
  });

  it("passes files of the format byte for byte, or re-encodes them when asked", async () => {
    const bytes = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const keep = await openedImageOperator(convertImage, {});
    const reencode = await openedImageOperator(convertImage, { sameFormat: "reencode" });
    expect(firstImage(outcomeSample(await keep(imageSample(bytes)))).content.peek()).toBe(bytes);
    const again = await firstImage(outcomeSample(await reencode(imageSample(bytes)))).content.bytes();
    expect(await sharp(again).metadata()).toMatchObject({ width: 40, height: 60 });
  });

  it("keeps alpha where the format has it, and flattens onto the background otherwise", async () => {
    const clear = await image().ensureAlpha(0).png().toBuffer();
    const pixels = async (options: Parameters<typeof convertImage.options.parse>[0]) => {
      const apply = await openedImageOperator(convertImage, convertImage.options.parse(options));
      const { content } = firstImage(outcomeSample(await apply(imageSample(clear))));
      return sharp(await content.bytes())
        .raw()
        .toBuffer({ resolveWithObject: true });
    };
    expect((await pixels({ format: "webp" })).info.channels).toBe(4);
    expect((await pixels({ format: "webp", alpha: "flatten" })).info.channels).toBe(3);
    const flat = await pixels({ format: "png", alpha: "flatten", sameFormat: "reencode", background: "#102030" });
    expect([...flat.data.subarray(0, 3)]).toEqual([16, 32, 48]);
    const jpeg = await pixels({ background: "#000000" });
    expect(jpeg.data.every((value) => value < 3)).toBe(true);
  });

  it("encodes once, in the last step's format", async () => {
    const resize = await openedImageOperator(resizeImage, { sizePixels: 32 });
    const convert = await openedImageOperator(convertImage, { format: "png" });
    const resized = outcomeSample(await resize(imageSample(await image().jpeg().toBuffer())));
    const converted = outcomeSample(await convert(resized));
    const bytes = await firstImage(converted).content.bytes();
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 32, height: 32 });
    expect(firstImage(resized).content.peek()).toBeUndefined();
  });
});

describe("strip-metadata", () => {
  const exif = { IFD0: { Copyright: "somebody" } };

  it("keeps the promises of an operator", async () => {
    const samples = [
      imageSample(await image().withExif(exif).jpeg().toBuffer(), "a"),
      imageSample(Buffer.from("no"), "b"),
    ];
    expect(await checkOperator(stripMetadata, { samples })).toMatchObject({
      kept: 1,
      failed: { SAMPLE_UNSUPPORTED: 1 },
    });
  });

  it("leaves the compressed pixels of upright sRGB files alone", async () => {
    const apply = await openedImageOperator(stripMetadata, {});
    for (const format of ["jpeg", "png", "webp"] as const) {
      const bytes = await image().withExif(exif).withIccProfile("srgb").toFormat(format).toBuffer();
      const stripped = await firstImage(outcomeSample(await apply(imageSample(bytes)))).content.bytes();
      const metadata = await sharp(stripped).metadata();
      expect([metadata.exif, metadata.icc]).toEqual([undefined, undefined]);
      if (format === "jpeg") {
        expect(await sharp(stripped).raw().toBuffer()).toEqual(
          await sharp(bytes, { ignoreIcc: true }).raw().toBuffer(),
        );
      }
    }
  });

  it.each([
    ["jpeg", "image/jpeg"],
    ["png", "image/png"],
    ["webp", "image/webp"],
    ["tiff", "image/png"],
  ] as const)("turns and converts a %s that needs it", async (format, mediaType) => {
    const apply = await openedImageOperator(stripMetadata, { quality: 90 });
    const bytes = await image().withMetadata({ orientation: 6 }).withIccProfile("p3").toFormat(format).toBuffer();
    const part = firstImage(outcomeSample(await apply(imageSample(bytes))));
    const metadata = await sharp(await part.content.bytes()).metadata();
    expect(part.mediaType).toBe(mediaType);
    expect(metadata).toMatchObject({ width: 40, height: 60 });
    expect([metadata.exif, metadata.icc, metadata.orientation]).toEqual([undefined, undefined, undefined]);
  });
});
