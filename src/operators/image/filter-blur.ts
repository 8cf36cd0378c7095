import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { GreyPlane, opencvGrey } from "../../kernels/grey-plane.ts";
import { loadImageCodec } from "../../media/image/image-codec.ts";
import type { Pixels } from "../../media/image/pixels.ts";
import { decodeOptions } from "./image-options.ts";
import { requireImage } from "./require-image.ts";

const options = z.strictObject({
  minLaplacianVariance: z
    .number()
    .min(0)
    .default(100)
    .describe("Drop images whose sharpness is below this. It depends on the size: measure before resizing."),
  ...filterOptions,
  ...decodeOptions,
});

export const filterBlur = defineFilter({
  name: "filter-blur",
  summary: "Drops blurred images, by the variance of the Laplacian.",
  modality: "image",
  reference:
    "OpenCV 5.0 Laplacian(cvtColor(RGB2GRAY), CV_64F).var(); threshold 100 of NeMo Curator's interleaved filter",
  options,
  parts: ["image"],
  scores: ["laplacianVariance"],
  reasons: ["blurred"],
  async open({ maxInputPixels }) {
    const codec = await loadImageCodec();
    const plane = new GreyPlane();
    const sharpnessOf = (pixels: Pixels): Sharpness => {
      plane.load(pixels, opencvGrey);
      return { laplacianVariance: plane.laplacianVariance() };
    };
    return {
      score(part) {
        const pixels = codec.pixels(requireImage(part).content, { maxInputPixels, colour: "stored" });
        return pixels instanceof Promise ? pixels.then(sharpnessOf) : sharpnessOf(pixels);
      },
      decide: (scores: Sharpness, limits) =>
        scores.laplacianVariance < limits.minLaplacianVariance ? "blurred" : undefined,
    };
  },
});

type Sharpness = { readonly laplacianVariance: number };
