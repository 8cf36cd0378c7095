import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../../../test/fixtures/picture.ts";
import { hasSharedImages, sharedImage } from "../../../test/fixtures/shared-media.ts";
import { PipelineError } from "../../model/errors.ts";
import type { ImageHeader } from "./image-header.ts";
import { probeImage } from "./probe-image.ts";

const { data, width, height } = picture(60, 40);
const image = () => sharp(data, { raw: { width, height, channels: 3 } });

async function probed(bytes: Uint8Array): Promise<ImageHeader | Error> {
  try {
    return await probeImage(bytes);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

describe("probeImage", () => {
  it.each(["jpeg", "png", "webp", "gif"] as const)("reads %s at once", async (format) => {
    expect(probeImage(await image().toFormat(format).toBuffer())).toMatchObject({
      format,
      width: 60,
      height: 40,
      pages: 1,
    });
  });

  it.each(["tiff", "avif"] as const)("reads %s", async (format) => {
    const header = await probeImage(await image().toFormat(format).toBuffer());
    expect(header).toMatchObject({ width: 60, height: 40, bitDepth: 8, colourModel: "rgb" });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("gives displayed sizes at orientation %i", async (orientation) => {
    const [shownWidth, shownHeight] = orientation < 5 ? [60, 40] : [40, 60];
    for (const format of ["jpeg", "png", "webp", "tiff"] as const) {
      const bytes = await image().withMetadata({ orientation }).toFormat(format).toBuffer();
      expect(await probeImage(bytes)).toMatchObject({ orientation, width: shownWidth, height: shownHeight });
    }
  });

  it("tells grey, progressive, alpha, palette, 16 bits and profiles", async () => {
    expect(probeImage(await image().toColourspace("b-w").jpeg({ progressive: true }).toBuffer())).toMatchObject({
      colourModel: "grey",
      isProgressive: true,
      profile: "none",
    });
    expect(probeImage(await image().toColourspace("cmyk").jpeg().toBuffer())).toMatchObject({ colourModel: "cmyk" });
    expect(probeImage(await image().withIccProfile("srgb").jpeg().toBuffer())).toMatchObject({ profile: "srgb" });
    expect(probeImage(await image().withIccProfile("p3").jpeg().toBuffer())).toMatchObject({ profile: "other" });
    expect(probeImage(await image().ensureAlpha(0.5).webp().toBuffer())).toMatchObject({ hasAlpha: true });
    expect(probeImage(await image().ensureAlpha(0.5).webp({ lossless: true }).toBuffer())).toMatchObject({
      hasAlpha: true,
    });
    expect(probeImage(await image().ensureAlpha(0.5).png({ palette: true }).toBuffer())).toMatchObject({
      hasAlpha: true,
      bitDepth: 8,
    });
    expect(probeImage(await image().toColourspace("rgb16").png().toBuffer())).toMatchObject({ bitDepth: 16 });
  });

  it.each([
    [new Uint8Array(0), "SAMPLE_EMPTY"],
    [Buffer.from("not an image at all"), "SAMPLE_UNSUPPORTED"],
    [Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), "SAMPLE_UNSUPPORTED"],
    [Uint8Array.of(0xff, 0xd8, 0xff), "SAMPLE_CORRUPT"],
    [Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), "SAMPLE_CORRUPT"],
    [Buffer.from("GIF89a"), "SAMPLE_CORRUPT"],
    [Buffer.from("RIFF\0\0\0\0WEBP"), "SAMPLE_CORRUPT"],
  ])("names what is wrong with %j", (bytes, code) => {
    expect(() => probeImage(bytes)).toThrowError(expect.objectContaining({ code }));
  });

  it("answers or throws a PipelineError for every cut and every changed byte", async () => {
    const files = await Promise.all(
      (["jpeg", "png", "webp", "gif"] as const).map((format) =>
        image().withMetadata({ orientation: 6 }).toFormat(format).toBuffer(),
      ),
    );
    const property = fc.asyncProperty(
      fc.constantFrom(...files),
      fc.nat(),
      fc.nat(600),
      fc.nat(255),
      async (file, cut, at, value) => {
        const bytes = Uint8Array.from(file.subarray(0, cut % (file.length + 1)));
        if (at < bytes.length) bytes[at] = value;
        const outcome = await probed(bytes);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(PipelineError);
        else expect(Math.min(outcome.width, outcome.height)).toBeGreaterThan(0);
      },
    );
    await fc.assert(property, { numRuns: 400 });
  });
});

describe.skipIf(!hasSharedImages)("probeImage on real files (skipped without ../shared/media)", () => {
  it.each([
    "Landscape_6.jpg",
    "Portrait_5.jpg",
    "Channel_digital_image_CMYK_color.jpg",
    "gain-map.jpg",
    "concert.jpg",
    "16-bit-grey-alpha.png",
    "tbgn2c16.png",
    "5_webp_a.webp",
    "animated-loop-3.webp",
    "big-height.webp",
    "rotating-squares.gif",
    "G31D.TIF",
    "65536-uint32-limit.png",
    "giant-image.jpg",
    "truncated.jpg",
    "truncated.png",
  ])("%s: as libvips reads it", async (name) => {
    const bytes = sharedImage(name);
    const expected = await sharp(bytes, { limitInputPixels: false }).metadata();
    expect(await probeImage(bytes)).toMatchObject({
      width: expected.autoOrient.width,
      height: expected.autoOrient.height,
      orientation: expected.orientation ?? 1,
      pages: expected.pages ?? 1,
      isProgressive: expected.isProgressive === true,
      hasAlpha: expected.hasAlpha,
    });
  });
});
