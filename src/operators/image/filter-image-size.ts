import { z } from "zod";
import { defineFilter, filterOptions } from "../../contract/filter.ts";
import { displayedSize } from "./displayed-size.ts";

const atLeast = (what: string) =>
  z.int().min(0).default(0).describe(`Drop images with ${what} below this; 0 = no limit.`);
const atMost = (what: string) => z.int().positive().optional().describe(`Drop images with ${what} above this.`);

const options = z.strictObject({
  minWidthPixels: atLeast("a width"),
  minHeightPixels: atLeast("a height"),
  minShortestEdgePixels: z
    .int()
    .min(0)
    .default(200)
    .describe("Drop images whose shortest edge is below this; 0 = no limit. DataComp's basic filter has 200."),
  minPixels: atLeast("width times height"),
  maxWidthPixels: atMost("a width"),
  maxHeightPixels: atMost("a height"),
  maxLongestEdgePixels: atMost("a longest edge"),
  maxPixels: atMost("width times height"),
  ...filterOptions,
});

export const filterImageSize = defineFilter({
  name: "filter-image-size",
  summary: "Drops images that are too small or too large, from the header alone.",
  modality: "image",
  reference: "DataComp basic filtering: shortest edge of at least 200 pixels",
  options,
  parts: ["image"],
  scores: ["imageWidth", "imageHeight"],
  reasons: ["too_small", "too_large"],
  async open() {
    return {
      score: displayedSize,
      decide({ imageWidth: width, imageHeight: height }, limits) {
        const isTooSmall =
          width < limits.minWidthPixels ||
          height < limits.minHeightPixels ||
          Math.min(width, height) < limits.minShortestEdgePixels ||
          width * height < limits.minPixels;
        if (isTooSmall) return "too_small";
        const isTooLarge =
          width > (limits.maxWidthPixels ?? Infinity) ||
          height > (limits.maxHeightPixels ?? Infinity) ||
          Math.max(width, height) > (limits.maxLongestEdgePixels ?? Infinity) ||
          width * height > (limits.maxPixels ?? Infinity);
        return isTooLarge ? "too_large" : undefined;
      },
    };
  },
});
