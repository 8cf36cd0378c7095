import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { imageSample, openedImageOperator, outcomeSample } from "../../../test/fixtures/image-operator.ts";
import { picture } from "../../../test/fixtures/picture.ts";
import { checkOperator } from "../../testing.ts";
import { filterBlur } from "./filter-blur.ts";
import { filterExposure } from "./filter-exposure.ts";
import { filterImageAspect } from "./filter-image-aspect.ts";
import { filterImageSize } from "./filter-image-size.ts";

const photo = picture(333, 217);
const image = () => sharp(photo.data, { raw: { width: 333, height: 217, channels: 3 } });
const plain = (level: number) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: { r: level, g: level, b: level } } });

async function verdict<T extends Parameters<typeof openedImageOperator>[0]>(
  spec: T,
  options: unknown,
  bytes: Uint8Array,
) {
  const apply = await openedImageOperator(spec, spec.options.parse(options));
  const outcome = await apply(imageSample(bytes));
  return [outcome.kind === "drop" ? outcome.reason : outcome.kind, outcomeSample(outcome).attributes];
}

describe("filter-image-size", () => {
  it("keeps the promises of an operator", async () => {
    const samples = [
      imageSample(await image().jpeg().toBuffer(), "a"),
      imageSample(await plain(9).png().toBuffer(), "b"),
    ];
    expect(await checkOperator(filterImageSize, { samples })).toMatchObject({ kept: 1, dropped: { too_small: 1 } });
  });

  it("reads sizes as displayed, and needs no more of the file than its header", async () => {
    const turned = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await verdict(filterImageSize, {}, turned)).toEqual(["keep", { imageWidth: 217, imageHeight: 333 }]);
    expect(await verdict(filterImageSize, {}, turned.subarray(0, 2000))).toEqual([
      "keep",
      { imageWidth: 217, imageHeight: 333 },
    ]);
  });

  it.each([
    [{ minWidthPixels: 333 }, "keep"],
    [{ minWidthPixels: 334 }, "too_small"],
    [{ minHeightPixels: 218 }, "too_small"],
    [{ minShortestEdgePixels: 218 }, "too_small"],
    [{ minShortestEdgePixels: 217 }, "keep"],
    [{ minPixels: 333 * 217 + 1 }, "too_small"],
    [{ maxWidthPixels: 332 }, "too_large"],
    [{ maxHeightPixels: 216 }, "too_large"],
    [{ maxLongestEdgePixels: 332 }, "too_large"],
    [{ maxPixels: 333 * 217 - 1 }, "too_large"],
    [{ maxPixels: 333 * 217 }, "keep"],
    [{ minWidthPixels: 9999, mode: "score" }, "keep"],
  ])("%j", async (options, expected) => {
    expect((await verdict(filterImageSize, options, await image().png().toBuffer()))[0]).toBe(expected);
  });
});

describe("filter-image-aspect", () => {
  it("drops what is more than three times as long as it is narrow", async () => {
    const strip = (width: number) => image().resize(width, 100, { fit: "fill" }).png().toBuffer();
    expect(await verdict(filterImageAspect, {}, await strip(300))).toEqual(["keep", { imageAspectRatio: 3 }]);
    expect(await verdict(filterImageAspect, {}, await strip(301))).toEqual([
      "too_elongated",
      { imageAspectRatio: 3.01 },
    ]);
    expect((await verdict(filterImageAspect, { maxAspectRatio: 1 }, await strip(99)))[0]).toBe("too_elongated");
    const samples = [imageSample(await strip(300), "a"), imageSample(await strip(400), "b")];
    expect(await checkOperator(filterImageAspect, { samples })).toMatchObject({
      kept: 1,
      dropped: { too_elongated: 1 },
    });
  });
});

describe("filter-blur", () => {
  it("scores as OpenCV does on lossless files and drops flat images", async () => {
    const [kind, scores] = await verdict(filterBlur, {}, await image().png().toBuffer());
    expect(kind).toBe("keep");
    // OpenCV 5.0.0 on the same array.
    expect(scores).toEqual({ laplacianVariance: expect.closeTo(21079.42581424413, 6) });
    expect(await verdict(filterBlur, {}, await plain(80).png().toBuffer())).toEqual([
      "blurred",
      { laplacianVariance: 0 },
    ]);
    const samples = [
      imageSample(await image().jpeg().toBuffer(), "a"),
      imageSample(await plain(9).png().toBuffer(), "b"),
    ];
    expect(await checkOperator(filterBlur, { samples })).toMatchObject({ kept: 1, dropped: { blurred: 1 } });
  });

  it("keeps an image at the threshold and drops it above", async () => {
    const bytes = await image().png().toBuffer();
    const at = 21_079.4;
    expect((await verdict(filterBlur, { minLaplacianVariance: at }, bytes))[0]).toBe("keep");
    expect((await verdict(filterBlur, { minLaplacianVariance: at + 0.1 }, bytes))[0]).toBe("blurred");
  });
});

describe("filter-exposure", () => {
  it.each([
    [0, "too_dark"],
    [255, "too_bright"],
    [128, "low_contrast"],
  ])("names a plain image of level %i %s", async (level, expected) => {
    expect((await verdict(filterExposure, {}, await plain(level).png().toBuffer()))[0]).toBe(expected);
  });

  it("measures mean, clipped shares and contrast", async () => {
    const half = Uint8Array.from({ length: 100 * 10 }, (_value, index) => (index % 100 < 50 ? 0 : 255));
    const bytes = await sharp(half, { raw: { width: 100, height: 10, channels: 1 } })
      .png()
      .toBuffer();
    expect(await verdict(filterExposure, {}, bytes)).toEqual([
      "keep",
      { meanLuminance: 0.5, darkShare: 0.5, brightShare: 0.5, contrast: 0.5 },
    ]);
    expect((await verdict(filterExposure, { maxDarkShare: 0.4 }, bytes))[0]).toBe("too_dark");
    expect((await verdict(filterExposure, { maxBrightShare: 0.4 }, bytes))[0]).toBe("too_bright");
    expect((await verdict(filterExposure, { minMeanLuminance: 0.6 }, bytes))[0]).toBe("too_dark");
    expect((await verdict(filterExposure, { maxMeanLuminance: 0.4 }, bytes))[0]).toBe("too_bright");
    expect((await verdict(filterExposure, { minContrast: 0.6 }, bytes))[0]).toBe("low_contrast");
  });

  it("counts levels near black and white as clipped, as far as it is told", async () => {
    const bytes = await plain(7).png().toBuffer();
    expect((await verdict(filterExposure, { clippedLevels: 6 }, bytes))[1]).toMatchObject({ darkShare: 0 });
    expect((await verdict(filterExposure, { clippedLevels: 7 }, bytes))[1]).toMatchObject({ darkShare: 1 });
  });

  it("keeps the promises of an operator", async () => {
    const samples = [
      imageSample(await image().jpeg().toBuffer(), "a"),
      imageSample(await plain(0).png().toBuffer(), "b"),
    ];
    expect(await checkOperator(filterExposure, { samples })).toMatchObject({ kept: 1, dropped: { too_dark: 1 } });
  });
});
