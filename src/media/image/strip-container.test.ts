import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../../../test/fixtures/picture.ts";
import { hasSharedImages, sharedImage } from "../../../test/fixtures/shared-media.ts";
import { canStrip, stripContainer } from "./strip-container.ts";

const { data, width, height } = picture(60, 40);
const exif = { IFD0: { Copyright: "somebody", ImageDescription: "a secret place" } };
const image = () =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .withExif(exif)
    .withXmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret</x:xmpmeta>");

async function pixelsOf(bytes: Uint8Array): Promise<Buffer> {
  return sharp(bytes, { pages: -1, failOn: "warning", ignoreIcc: true }).raw().toBuffer();
}

describe("stripContainer", () => {
  it.each(["jpeg", "png", "webp"] as const)("cuts metadata out of %s and leaves every pixel", async (format) => {
    const bytes = await image().toFormat(format).toBuffer();
    const stripped = stripContainer(bytes, format);
    expect(bytes.includes("secret")).toBe(true);
    expect(Buffer.from(stripped).includes("secret")).toBe(false);
    const metadata = await sharp(stripped).metadata();
    expect([metadata.exif, metadata.xmp, metadata.icc]).toEqual([undefined, undefined, undefined]);
    expect((await pixelsOf(stripped)).equals(await pixelsOf(bytes))).toBe(true);
    expect(stripContainer(stripped, format)).toEqual(stripped);
  });

  it("cuts progressive JPEGs too, and what lies behind the image", async () => {
    const bytes = await image().jpeg({ progressive: true }).toBuffer();
    const stripped = stripContainer(Buffer.concat([bytes, Buffer.from("appended secret")]), "jpeg");
    expect(Buffer.from(stripped).includes("secret")).toBe(false);
    expect((await pixelsOf(stripped)).equals(await pixelsOf(bytes))).toBe(true);
  });

  it("cuts comments out of a GIF and keeps its frames", async () => {
    const frames = sharp(Buffer.concat([data, data.map((value) => 255 - value)]), {
      raw: { width, height: height * 2, channels: 3, pageHeight: height },
    });
    const gif = await frames.gif({ delay: [50, 70] }).toBuffer();
    const comment = Buffer.from("\x21\xfe\x06secret\x00", "latin1");
    const bytes = Buffer.concat([gif.subarray(0, -1), comment, gif.subarray(-1)]);
    const stripped = stripContainer(bytes, "gif");
    expect(Buffer.from(stripped).equals(gif)).toBe(true);
    expect((await sharp(stripped, { pages: -1 }).metadata()).delay).toEqual([50, 70]);
  });

  it.each(["jpeg", "png", "webp", "gif"] as const)("refuses a cut %s", async (format) => {
    const bytes = await image().toFormat(format).toBuffer();
    expect(() => stripContainer(bytes.subarray(0, bytes.length - 3), format)).toThrowError(
      expect.objectContaining({ code: "SAMPLE_CORRUPT" }),
    );
  });

  it("does not claim TIFF and HEIF", () => {
    expect([canStrip("tiff"), canStrip("heif"), canStrip("gif")]).toEqual([false, false, true]);
  });
});

describe.skipIf(!hasSharedImages)("stripContainer on real files (skipped without ../shared/media)", () => {
  it.each([
    ["Landscape_1.jpg", "jpeg"],
    ["2569067123_aca715a2ee_o.jpg", "jpeg"],
    ["flowers.jpeg", "jpeg"],
    ["gain-map.jpg", "jpeg"],
    ["blackbug.png", "png"],
    ["5_webp_a.webp", "webp"],
    ["animated-loop-3.webp", "webp"],
    ["rotating-squares.gif", "gif"],
  ] as const)("%s keeps its pixels", async (name, format) => {
    const bytes = sharedImage(name);
    const stripped = stripContainer(bytes, format);
    expect(stripped.length).toBeLessThanOrEqual(bytes.length);
    expect((await pixelsOf(stripped)).equals(await pixelsOf(bytes))).toBe(true);
    const metadata = await sharp(stripped).metadata();
    expect([metadata.exif, metadata.xmp, metadata.icc]).toEqual([undefined, undefined, undefined]);
  });
});
