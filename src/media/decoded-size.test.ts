import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../../test/fixtures/picture.ts";
import { bytesContent, lazyContent } from "../model/content.ts";
import type { MediaPart } from "../model/sample.ts";
import { estimateDecodedBytes } from "./decoded-size.ts";
import { PixelContent } from "./image/pixels.ts";

const pixels = picture(60, 40);
const image = () => sharp(pixels.data, { raw: { width: 60, height: 40, channels: 3 } });
const imagePart = (content: MediaPart["content"]): MediaPart => ({
  kind: "image",
  name: "image",
  mediaType: "image/x-any",
  content,
});

describe("estimateDecodedBytes", () => {
  it("counts text in UTF-16, vectors in floats and other media in bytes", () => {
    expect(estimateDecodedBytes({ kind: "text", name: "t", mediaType: "text/plain", text: "añ🐕" })).toBe(8);
    expect(estimateDecodedBytes({ kind: "embedding", name: "e", values: new Float32Array(3) })).toBe(12);
    const audio = { ...imagePart(bytesContent(new Uint8Array(7))), kind: "audio" as const };
    expect(estimateDecodedBytes(audio)).toBe(7);
  });

  it("counts images by their header, at once when in memory", async () => {
    const jpeg = await image().jpeg().toBuffer();
    const progressive = await image().jpeg({ progressive: true }).toBuffer();
    const png = await image().ensureAlpha().png().toBuffer();
    expect(estimateDecodedBytes(imagePart(bytesContent(jpeg)))).toBe(60 * 40 * 3 + jpeg.length);
    expect(estimateDecodedBytes(imagePart(bytesContent(progressive)))).toBe(60 * 40 * 9 + progressive.length);
    expect(estimateDecodedBytes(imagePart(bytesContent(png)))).toBe(60 * 40 * 4 + png.length);
  });

  it("counts what a decoder holds beside the pixels", async () => {
    const interlaced = await image().png({ progressive: true }).toBuffer();
    const deep = await image().toColourspace("rgb16").png({ progressive: true }).toBuffer();
    const turned = await image().jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const webp = await image().webp().toBuffer();
    const frames = await Promise.all([image().png().toBuffer(), image().negate().png().toBuffer()]);
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const bytesPerPixel = [interlaced, deep, turned, webp, gif].map(
      (bytes) => (Number(estimateDecodedBytes(imagePart(bytesContent(bytes)))) - bytes.length) / (60 * 40),
    );
    expect(bytesPerPixel).toEqual([6, 9, 6, 11, 9]);
  });

  it("reads images that are not in memory", async () => {
    const avif = await image().avif().toBuffer();
    const lazy = imagePart(lazyContent(() => Promise.resolve(avif)));
    await expect(estimateDecodedBytes(lazy)).resolves.toBe(60 * 40 * 19 + avif.length);
  });

  it("counts a broken image as its bytes and leaves the failing to the step that decodes", () => {
    expect(estimateDecodedBytes(imagePart(bytesContent(Buffer.from("rubbish"))))).toBe(7);
  });

  it("counts pixels as pixels, without encoding them", () => {
    const content = new PixelContent(
      pixels,
      { format: "png", quality: 1, chromaSubsampling: "4:2:0", effort: 0 },
      () => {
        throw new Error("encoded");
      },
    );
    expect(estimateDecodedBytes(imagePart(content))).toBe(60 * 40 * 3);
  });
});
