import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture, psnr, smoothPicture } from "../../../test/fixtures/picture.ts";
import { hasSharedImages, sharedImage } from "../../../test/fixtures/shared-media.ts";
import { bytesContent } from "../../model/content.ts";
import { contentHeader } from "./content-header.ts";
import { loadImageCodec } from "./image-codec.ts";
import { defaultMaxInputPixels } from "./image-errors.ts";
import type { Encoding } from "./pixels.ts";

const codec = await loadImageCodec();
const whole = { maxInputPixels: defaultMaxInputPixels, colour: "srgb" } as const;
const jpeg: Encoding = { format: "jpeg", quality: 95, chromaSubsampling: "4:4:4", effort: 6 };
const source = picture(50, 30);
const image = () => sharp(source.data, { raw: { width: source.width, height: source.height, channels: 3 } });

describe("ImageCodec.pixels", () => {
  it.each([2, 3, 4, 5, 6, 7, 8])("turns orientation %i upright", async (orientation) => {
    const bytes = await image().withMetadata({ orientation }).png().toBuffer();
    const pixels = await codec.pixels(bytesContent(bytes), whole);
    const upright = await sharp(bytes).autoOrient().raw().toBuffer();
    expect([pixels.width, pixels.height]).toEqual(orientation < 5 ? [50, 30] : [30, 50]);
    expect(pixels.data).toEqual(upright);
  });

  it("decodes once per content", async () => {
    const content = bytesContent(await image().png().toBuffer());
    const first = codec.pixels(content, whole);
    expect(codec.pixels(content, whole)).toBe(first);
    expect(codec.pixels(content, { ...whole, colour: "stored" })).toBe(first);
    const pixels = await first;
    expect(codec.pixels(content, whole)).toBe(pixels);
    expect(codec.peekPixels(content)).toBe(pixels);
  });

  it("keeps grey at one channel, lets alpha come with RGB, and narrows 16 bits", async () => {
    const grey = await codec.pixels(bytesContent(await image().toColourspace("b-w").jpeg().toBuffer()), whole);
    const deep = await codec.pixels(bytesContent(await image().toColourspace("grey16").png().toBuffer()), whole);
    const veiled = await codec.pixels(bytesContent(await image().ensureAlpha(0.5).png().toBuffer()), whole);
    expect([grey.channels, deep.channels, veiled.channels]).toEqual([1, 1, 4]);
    expect(deep.data.length).toBe(50 * 30);
  });

  it("converts wide-gamut and CMYK pixels to sRGB, and leaves stored ones alone when asked", async () => {
    const wide = bytesContent(await image().withIccProfile("p3").png().toBuffer());
    const srgb = await codec.pixels(wide, whole);
    const stored = await codec.pixels(wide, { ...whole, colour: "stored" });
    expect(psnr(srgb.data, source.data)).toBeGreaterThan(30);
    expect(psnr(stored.data, source.data)).toBeLessThan(psnr(srgb.data, source.data) - 3);
    const cmyk = await codec.pixels(bytesContent(await image().toColourspace("cmyk").jpeg().toBuffer()), whole);
    expect(cmyk.channels).toBe(3);
  });

  it("leaves pixels alone whose profile says that they are sRGB, also where they are decoded at a reduced size", async () => {
    const bare = await image().resize(400, 240).jpeg().toBuffer();
    const startOfImage = 2;
    const tagged = await image().withIccProfile("srgb").jpeg().toBuffer();
    const segments = tagged.subarray(startOfImage, tagged.indexOf(Buffer.from([0xff, 0xdb])));
    const content = bytesContent(
      Buffer.concat([bare.subarray(0, startOfImage), segments, bare.subarray(startOfImage)]),
    );
    const header = await contentHeader(content);
    expect(header.profile).toBe("srgb");
    const size = { width: 50, height: 30, kernel: "linear" } as const;
    const without = bytesContent(bare);
    const reduced = (of: typeof content) => codec.reducedPixels(of, header, size, defaultMaxInputPixels);
    expect((await reduced(content)).data).toEqual((await reduced(without)).data);
    const pixels = codec.pixels(content, whole);
    expect(codec.pixels(content, { ...whole, colour: "stored" })).toBe(pixels);
    expect((await pixels).data).toEqual((await codec.pixels(without, whole)).data);
  });

  it("refuses more pixels than allowed before decoding, and says which option", async () => {
    const content = bytesContent(await image().png().toBuffer());
    expect(() => codec.pixels(content, { ...whole, maxInputPixels: 1499 })).toThrowError(
      expect.objectContaining({ code: "SAMPLE_TOO_LARGE", message: expect.stringContaining("maxInputPixels 1499") }),
    );
    await expect(codec.pixels(content, { ...whole, maxInputPixels: 1500 })).resolves.toMatchObject({ width: 50 });
  });

  it("fails truncated files, and says that they end early", async () => {
    const bytes = await image().jpeg().toBuffer();
    for (const length of [bytes.length - 1, Math.floor(bytes.length / 2)]) {
      const cut = bytesContent(bytes.subarray(0, length - (length % 2)));
      await expect(codec.pixels(cut, whole)).rejects.toMatchObject({
        code: "SAMPLE_CORRUPT",
        message: expect.stringContaining("ends early"),
      });
    }
  });

  it("does not decode BMP, and says so", () => {
    const bmp = Buffer.alloc(60);
    bmp.write("BM");
    bmp.writeUInt32LE(2, 18);
    bmp.writeUInt32LE(2, 22);
    bmp.writeUInt16LE(24, 28);
    expect(() => codec.pixels(bytesContent(bmp), whole)).toThrowError(
      expect.objectContaining({ code: "SAMPLE_UNSUPPORTED" }),
    );
  });
});

describe("ImageCodec.decodePlainJpeg", () => {
  const smooth = smoothPicture(320, 200);
  const smoothJpeg = () => sharp(smooth.data, { raw: { width: 320, height: 200, channels: 3 } });

  it("equals the exact decoder within what JPEG loses anyway", async () => {
    for (const encoded of [smoothJpeg().jpeg({ quality: 90 }), smoothJpeg().jpeg({ quality: 90, progressive: true })]) {
      const content = bytesContent(await encoded.toBuffer());
      const bytes = await content.bytes();
      const header = await contentHeader(content);
      let target = Buffer.alloc(0);
      const stored = codec.decodePlainJpeg(bytes, header, defaultMaxInputPixels, (length) => {
        target = Buffer.alloc(length);
        return target;
      });
      const exact = await codec.pixels(content, whole);
      expect(stored?.channels).toBe(3);
      expect(psnr(target, exact.data)).toBeGreaterThan(42);
      expect(psnr(target, smooth.data)).toBeGreaterThan(psnr(exact.data, smooth.data) - 3);
    }
  });

  it("leaves wide-gamut, CMYK and damaged files to sharp, and says itself that one ends early", async () => {
    const wide = await smoothJpeg().withIccProfile("p3").jpeg().toBuffer();
    const cmyk = await smoothJpeg().toColourspace("cmyk").jpeg().toBuffer();
    const intact = await smoothJpeg().jpeg().toBuffer();
    const damaged = Buffer.concat([intact.subarray(0, 2000), intact.subarray(3000)]);
    const target = (length: number) => Buffer.alloc(length);
    for (const bytes of [wide, cmyk, damaged]) {
      const header = await contentHeader(bytesContent(bytes));
      expect(codec.decodePlainJpeg(bytes, header, defaultMaxInputPixels, target)).toBeUndefined();
    }
    const cut = intact.subarray(0, 2000);
    const message = "it ends early: its end marker is missing after 2000 bytes";
    await expect(codec.pixels(bytesContent(cut), whole)).rejects.toThrow(message);
    const header = await contentHeader(bytesContent(cut));
    expect(() => codec.decodePlainJpeg(cut, header, defaultMaxInputPixels, target)).toThrow(message);
  });
});

describe("PixelContent", () => {
  it.each(["jpeg", "png", "webp", "avif"] as const)(
    "encodes %s once, without metadata, the same every time",
    async (format) => {
      const content = codec.content(source, { ...jpeg, format });
      expect(content.peek()).toBeUndefined();
      const first = content.bytes();
      expect(content.bytes()).toBe(first);
      const bytes = await first;
      expect(content.peek()).toBe(bytes);
      expect(Buffer.from(await codec.content(source, { ...jpeg, format }).bytes()).equals(bytes)).toBe(true);
      const metadata = await sharp(bytes).metadata();
      expect(metadata).toMatchObject({ width: 50, height: 30 });
      expect([metadata.exif, metadata.icc, metadata.xmp]).toEqual([undefined, undefined, undefined]);
    },
  );

  it("heeds quality, chroma subsampling and effort", async () => {
    const size = async (encoding: Partial<Encoding>) => {
      const bytes = await codec.encode(smoothPicture(200, 200), { ...jpeg, ...encoding });
      return bytes.length;
    };
    expect(await size({ quality: 60 })).toBeLessThan(await size({ quality: 95 }));
    expect(await size({ chromaSubsampling: "4:2:0" })).toBeLessThan(await size({ chromaSubsampling: "4:4:4" }));
    expect(await size({ format: "png", effort: 9 })).toBeLessThan(await size({ format: "png", effort: 0 }));
    expect(await size({ format: "webp", quality: 50 })).toBeLessThan(await size({ format: "webp", quality: 95 }));
  });

  it("comes back from PNG unchanged", async () => {
    const bytes = await codec.encode(source, { ...jpeg, format: "png" });
    expect(Buffer.from(source.data).equals((await codec.pixels(bytesContent(bytes), whole)).data)).toBe(true);
  });
});

describe.skipIf(!hasSharedImages)("real files (skipped without ../shared/media)", () => {
  it.each([
    ["truncated.jpg", "SAMPLE_CORRUPT"],
    ["truncated.png", "SAMPLE_CORRUPT"],
    ["corrupt-header.jpg", "SAMPLE_CORRUPT"],
    ["relax.jp2", "SAMPLE_UNSUPPORTED"],
    ["check.svg", "SAMPLE_UNSUPPORTED"],
    ["65536-uint32-limit.png", "SAMPLE_TOO_LARGE"],
    ["giant-image.jpg", "SAMPLE_TOO_LARGE"],
  ])("%s is refused as %s", async (name, code) => {
    const decode = async () => codec.pixels(bytesContent(sharedImage(name)), whole);
    await expect(decode()).rejects.toMatchObject({ code });
  });

  it.each([
    ["animated-loop-3.webp", 370, 285],
    ["rotating-squares.gif", 80, 80],
    ["tbgn2c16.png", 32, 32],
    ["16-bit-grey-alpha.png", 109, 96],
    ["gain-map.jpg", 3840, 2160],
    ["Channel_digital_image_CMYK_color.jpg", 500, 333],
    ["Portrait_6.jpg", 450, 600],
    ["pitm.avif", 4096, 800],
  ])("%s decodes to its first frame of %i x %i", async (name, width, height) => {
    const pixels = await codec.pixels(bytesContent(sharedImage(name)), whole);
    expect(pixels).toMatchObject({ width, height });
    expect(pixels.data.length).toBe(width * height * pixels.channels);
  });
});
