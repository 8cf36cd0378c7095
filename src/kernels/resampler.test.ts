import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileKernel, kernelModulePath, kernelNames } from "../../scripts/build-kernels.ts";
import { noise } from "../../test/fixtures/noise.ts";
import { resampleReference } from "./resample-reference.ts";
import { resampleKernels, resampleTable, weightOne } from "./resample-table.ts";
import { columnTapMultiple, Resampler, rowTapMultiple } from "./resampler.ts";

const size = fc.integer({ min: 1, max: 90 });
const kernel = fc.constantFrom(...resampleKernels);

describe("resampleTable", () => {
  it("keeps every output's weights at one and inside the input", () => {
    fc.assert(
      fc.property(size, size, kernel, (input, output, name) => {
        const table = resampleTable(input, output, name, 4);
        for (let index = 0; index < output; index++) {
          const weights = table.weights.subarray(index * table.taps, (index + 1) * table.taps);
          const start = table.starts[index] ?? -1;
          expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(weightOne);
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start + weights.findLastIndex((weight) => weight !== 0)).toBeLessThan(input);
        }
      }),
    );
  });

  it("covers exactly, as INTER_AREA does: 5 pixels into 2", () => {
    const table = resampleTable(5, 2, "area", 1);
    expect([...table.starts]).toEqual([0, 2]);
    expect([...table.weights].map((weight) => Math.round((weight / weightOne) * 10) / 10)).toEqual([
      0.4, 0.4, 0.2, 0.2, 0.4, 0.4,
    ]);
  });
});

describe("Resampler", () => {
  it("equals its plain TypeScript twin, byte for byte", () => {
    const resampler = new Resampler();
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 3 as const),
        fc.tuple(size, size, size, size),
        kernel,
        fc.nat(),
        (channels, [width, height, outWidth, outHeight], name, seed) => {
          const pixels = noise(width * height * channels, seed);
          const columns = resampleTable(width, outWidth, name, columnTapMultiple(channels));
          const rows = resampleTable(height, outHeight, name, rowTapMultiple);
          resampler.source(pixels.length).set(pixels);
          expect(resampler.resample(channels, columns, rows)).toEqual(
            resampleReference(pixels, channels, columns, rows),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it("keeps its results apart from its memory", () => {
    const resampler = new Resampler();
    const table = resampleTable(2, 1, "area", 8);
    resampler.source(4).fill(10);
    const first = resampler.resample(1, table, table);
    resampler.source(4).fill(200);
    resampler.resample(1, table, table);
    expect([...first]).toEqual([10]);
  });
});

describe("compiled kernels", () => {
  it.each(kernelNames())("%s is what its source compiles to", async (name) => {
    expect(readFileSync(kernelModulePath(name), "utf8")).toBe(await compileKernel(name));
  });
});
