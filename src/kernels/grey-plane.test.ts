import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noise } from "../../test/fixtures/noise.ts";
import { picture } from "../../test/fixtures/picture.ts";
import { GreyPlane, opencvGrey, pillowGrey } from "./grey-plane.ts";
import { greyReference, histogramReference, lanczosReference, laplacianReference } from "./grey-reference.ts";

const size = fc.integer({ min: 1, max: 120 });
const image = fc
  .tuple(size, size, fc.constantFrom(1 as const, 3 as const, 4 as const), fc.nat())
  .map(([width, height, channels, seed]) => ({
    width,
    height,
    channels,
    data: noise(width * height * channels, seed),
  }));
const weights = fc.constantFrom(opencvGrey, pillowGrey);

// One plane for all: what an image before left in its memory must not show.
const plane = new GreyPlane();

describe("GreyPlane", () => {
  it("equals its plain TypeScript twin, to the bit", () => {
    fc.assert(
      fc.property(image, weights, size, size, (colour, given, outputWidth, outputHeight) => {
        const { width, height } = colour;
        const grey = greyReference(colour.data, colour.channels, given);
        plane.load(colour, given);
        expect(plane.lanczos(width, height)).toEqual(grey);
        expect(plane.histogram()).toEqual(histogramReference(grey));
        expect(plane.laplacianVariance()).toBe(laplacianReference(grey, width, height));
        expect(plane.lanczos(outputWidth, outputHeight)).toEqual(
          lanczosReference(grey, width, height, outputWidth, outputHeight),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("converts images of more than a strip, and sums rows of more than a flush", () => {
    const wide = { width: 20_000, height: 3, channels: 3 as const, data: noise(180_000, 7) };
    const grey = greyReference(wide.data, 3, pillowGrey);
    plane.load(wide, pillowGrey);
    expect(plane.lanczos(20_000, 3)).toEqual(grey);
    expect(plane.laplacianVariance()).toBe(laplacianReference(grey, 20_000, 3));
    expect(plane.lanczos(32, 32)).toEqual(lanczosReference(grey, 20_000, 3, 32, 32));
  });

  it("measures the same after an image that took much memory", () => {
    const large = new GreyPlane();
    large.load({ width: 8000, height: 7000, channels: 1, data: new Uint8Array(56_000_000).fill(3) }, opencvGrey);
    expect(large.histogram()[3]).toBe(56_000_000);
    large.load(picture(64, 48), opencvGrey);
    expect(large.laplacianVariance()).toBeCloseTo(9083.666483137342, 6);
  });

  // cv2.Laplacian(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var() of OpenCV 5.0.0 on the same arrays.
  it.each([
    [64, 48, 9083.666483137342],
    [333, 217, 21079.42581424413],
    [40, 200, 7874.748861859375],
    [32, 32, 6111.643454551697],
  ])("has OpenCV's Laplacian of %i x %i", (width, height, expected) => {
    plane.load(picture(width, height), opencvGrey);
    expect(plane.laplacianVariance()).toBeCloseTo(expected, 6);
  });

  it("has no Laplacian in one pixel, one row and flat images", () => {
    for (const [width, height] of [
      [1, 1],
      [3, 1],
      [4, 3],
    ] as const) {
      plane.load({ width, height, channels: 1, data: new Uint8Array(width * height).fill(200) }, opencvGrey);
      expect(plane.laplacianVariance()).toBe(0);
    }
  });
});
