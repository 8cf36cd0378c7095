import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noise } from "../../test/fixtures/noise.ts";
import { LowFrequencies } from "./low-frequencies.ts";
import { lowFrequenciesReference } from "./pocketfft-dct.ts";

const frequencies = new LowFrequencies();

/** As bits: where a coefficient is zero but for rounding, its sign counts. */
function bitsOf(values: Float64Array): readonly bigint[] {
  return [...new BigUint64Array(Float64Array.from(values).buffer)];
}

describe("LowFrequencies", () => {
  it("equals its plain TypeScript twin, to the last bit", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0, 3, 7), (seed, shift) => {
        const pixels = noise(1024, seed).map((level) => (level >> shift) << shift);
        expect(bitsOf(frequencies.of(pixels))).toEqual(bitsOf(lowFrequenciesReference(pixels)));
      }),
    );
  });

  it("equals it on flat and symmetric images, where rounding alone remains", () => {
    for (const level of [(x: number) => x * 8, (x: number) => Math.abs(x - 15.5) * 8, () => 137]) {
      const pixels = Uint8Array.from({ length: 1024 }, (_, index) => level(index % 32));
      expect(bitsOf(frequencies.of(pixels))).toEqual(bitsOf(lowFrequenciesReference(pixels)));
    }
  });

  it("refuses another number of pixels", () => {
    expect(() => frequencies.of(new Uint8Array(1000))).toThrow("expected 32 x 32 pixels, received 1000");
  });
});
