import { compiledKernel, KernelInstance } from "./kernel-instance.ts";
import { dctWasm } from "./wasm/dct-wasm.ts";

const edge = 32;
const lowEdge = 8;

/**
 * The lowest frequencies of small images: two-dimensional DCT-II, unnormalised, as `scipy.fftpack.dct` of SciPy 1.17
 * over columns and then rows computes it, to the last bit. With SIMD; equal to pocketfft-dct.ts.
 */
export class LowFrequencies {
  readonly #instance = new KernelInstance(compiledKernel(dctWasm));
  readonly #kernel = this.#instance.kernel("lowFrequencies");

  /** 8 x 8 coefficients, rows first, of 32 x 32 bytes. */
  of(pixels: Uint8Array): Float64Array {
    if (pixels.length !== edge * edge)
      throw new RangeError(`expected ${edge} x ${edge} pixels, received ${pixels.length}`);
    const { base } = this.#instance;
    const coefficients = base + edge * edge;
    const bytes = lowEdge * lowEdge * Float64Array.BYTES_PER_ELEMENT;
    this.#instance.reserve(coefficients + bytes);
    this.#instance.write(base, pixels);
    this.#kernel(base, coefficients);
    return new Float64Array(new Uint8Array(this.#instance.bytes(coefficients, bytes)).buffer);
  }
}
