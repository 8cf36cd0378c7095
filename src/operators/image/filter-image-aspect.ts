import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { type DisplayedSize, displayedSize } from "./displayed-size.ts";

const options = z.strictObject({
  maxAspectRatio: z
    .number()
    .min(1)
    .default(3)
    .describe("Drop images whose longest edge is more than this many times the shortest one."),
  ...filterOptions,
});

export const filterImageAspect = defineFilter({
  name: "filter-image-aspect",
  summary: "Drops images that are too long and narrow, from the header alone.",
  modality: "image",
  reference: "DataComp basic filtering and img2dataset 1.47 max_aspect_ratio: longest / shortest edge at most 3",
  options,
  parts: ["image"],
  scores: ["imageAspectRatio"],
  reasons: ["too_elongated"],
  async open() {
    return {
      score(part) {
        const size = displayedSize(part);
        return size instanceof Promise ? size.then(aspectOf) : aspectOf(size);
      },
      decide: (scores: Aspect, limits) =>
        scores.imageAspectRatio > limits.maxAspectRatio ? "too_elongated" : undefined,
    };
  },
});

type Aspect = { readonly imageAspectRatio: number };

function aspectOf({ imageWidth, imageHeight }: DisplayedSize): Aspect {
  return { imageAspectRatio: Math.max(imageWidth, imageHeight) / Math.min(imageWidth, imageHeight) };
}
