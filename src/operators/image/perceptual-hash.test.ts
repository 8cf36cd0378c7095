import { describe, expect, it } from "vitest";
import { picture } from "../../../test/fixtures/picture.ts";
import { GreyPlane, pillowGrey } from "../../kernels/grey-plane.ts";
import { LowFrequencies } from "../../kernels/low-frequencies.ts";
import type { Pixels } from "../../media/image/pixels.ts";
import { differenceHash, perceptualHash } from "./perceptual-hash.ts";

function greyOf(width: number, height: number, level: (x: number) => number): Pixels {
  const data = Uint8Array.from({ length: width * height }, (_value, index) => level(index % width));
  return { width, height, channels: 1, data };
}

// ImageHash 4.3.2, Pillow 13.0.0, SciPy 1.17.1, NumPy 2.4.6, on the same arrays (test/fixtures/picture.ts).
describe("hashes", () => {
  it.each([
    ["64x48", picture(64, 48), "a4074e0c1cf9ff51", "f5eeda95b5aa9a35"],
    ["333x217", picture(333, 217), "921fe2e3a82255f5", "a5795ab5b54a8585"],
    ["40x200, rows first", picture(40, 200), "9b5f1a0f020f9f1c", "e38c34c9b74897ab"],
    ["32x32, nothing to resize for pHash", picture(32, 32), "8d13256bca1af54d", "fffefcf9e303f7e7"],
    ["flat: rounding alone decides", greyOf(60, 50, () => 137), "8000000000000000", "0000000000000000"],
    ["gradient", greyOf(100, 80, (x) => x * 2), "8000000000000000", "ffffffffffffffff"],
    ["mirrored", greyOf(200, 80, (x) => (x < 100 ? x : 199 - x) * 2), "8000000000000000", "f0f0f0f0f0f0f0f0"],
  ])("%s equals the reference", (_name, pixels, phash, dhash) => {
    const plane = new GreyPlane();
    plane.load(pixels, pillowGrey);
    expect(perceptualHash(plane, new LowFrequencies())).toBe(phash);
    expect(differenceHash(plane)).toBe(dhash);
  });
});
