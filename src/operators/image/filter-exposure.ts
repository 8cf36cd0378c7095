import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { GreyPlane, opencvGrey } from "../../kernels/grey-plane.ts";
import { loadImageCodec } from "../../media/image/image-codec.ts";
import type { Pixels } from "../../media/image/pixels.ts";
import { decodeOptions } from "./image-options.ts";
import { requireImage } from "./require-image.ts";

const share = z.number().min(0).max(1);

const options = z.strictObject({
  minMeanLuminance: share.default(0.1).describe("Drop images darker than this on average: 0 black, 1 white."),
  maxMeanLuminance: share.default(0.9).describe("Drop images brighter than this on average."),
  maxDarkShare: share
    .default(0.8)
    .describe("Drop images with more than this share of pixels that are black or nearly."),
  maxBrightShare: share
    .default(0.8)
    .describe("Drop images with more than this share of pixels that are white or nearly."),
  minContrast: share
    .default(0.05)
    .describe("Drop images whose luminance has a standard deviation below this, as a share of full scale."),
  clippedLevels: z
    .int()
    .min(0)
    .max(127)
    .default(5)
    .describe("Levels of 255 from black, and from white, that count as black and as white."),
  ...filterOptions,
  ...decodeOptions,
});

type Exposure = {
  readonly meanLuminance: number;
  readonly darkShare: number;
  readonly brightShare: number;
  readonly contrast: number;
};

export const filterExposure = defineFilter({
  name: "filter-exposure",
  summary: "Drops images that are too dark, too bright, clipped or without contrast. Measures and defaults are ours.",
  modality: "image",
  options,
  parts: ["image"],
  scores: ["meanLuminance", "darkShare", "brightShare", "contrast"],
  reasons: ["too_dark", "too_bright", "low_contrast"],
  async open({ maxInputPixels, clippedLevels }) {
    const codec = await loadImageCodec();
    const plane = new GreyPlane();
    const exposureOf = (pixels: Pixels): Exposure => {
      plane.load(pixels, opencvGrey);
      return exposureIn(plane.histogram(), clippedLevels);
    };
    return {
      score(part) {
        const pixels = codec.pixels(requireImage(part).content, { maxInputPixels, colour: "srgb" });
        return pixels instanceof Promise ? pixels.then(exposureOf) : exposureOf(pixels);
      },
      decide(scores: Exposure, limits) {
        if (scores.meanLuminance < limits.minMeanLuminance || scores.darkShare > limits.maxDarkShare) return "too_dark";
        if (scores.meanLuminance > limits.maxMeanLuminance || scores.brightShare > limits.maxBrightShare) {
          return "too_bright";
        }
        return scores.contrast < limits.minContrast ? "low_contrast" : undefined;
      },
    };
  },
});

/** Luminance is the 8-bit grey of OpenCV's RGB2GRAY; transparent pixels count with the colour that they store. */
function exposureIn(histogram: Uint32Array, clippedLevels: number): Exposure {
  let pixels = 0;
  let sum = 0;
  let squares = 0;
  let dark = 0;
  let bright = 0;
  for (const [level, count] of histogram.entries()) {
    pixels += count;
    sum += level * count;
    squares += level * level * count;
    if (level <= clippedLevels) dark += count;
    if (level >= 255 - clippedLevels) bright += count;
  }
  const mean = sum / pixels;
  return {
    meanLuminance: mean / 255,
    darkShare: dark / pixels,
    brightShare: bright / pixels,
    contrast: Math.sqrt(Math.max(0, squares / pixels - mean * mean)) / 255,
  };
}
