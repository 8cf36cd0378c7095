import { align, compiledKernel, type Kernel, KernelInstance } from "./kernel-instance.ts";
import { type LanczosAxis, lanczosAxis, takesRowsFirst } from "./lanczos-axis.ts";
import { greyWasm } from "./wasm/grey-wasm.ts";

/** Red, green and blue in fixed point: weights that add up to 2^shift, and bits to shift away after rounding. */
export interface GreyWeights {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly shift: number;
}

/** OpenCV 5.0 `cvtColor(COLOR_RGB2GRAY)`, 8 bits. */
export const opencvGrey: GreyWeights = { red: 9798, green: 19235, blue: 3735, shift: 15 };
/** Pillow 13.0 `convert("L")`. */
export const pillowGrey: GreyWeights = { red: 19595, green: 38470, blue: 7471, shift: 16 };

/** 8-bit interleaved pixels, rows without gaps: grey, RGB, or RGB and alpha. */
export interface ColourImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** Pixels that are converted at once: what a colour image takes beside its plane does not grow with it. */
const stripPixels = 32_768;
/** Memory beyond this is given back before the next smaller image. */
const mostKeptBytes = 48 * 1024 * 1024;
/** What kernels read or write past an end. */
const slack = 64;

interface Kernels {
  readonly instance: KernelInstance;
  readonly greyFromRgb: Kernel;
  readonly greyFromRgba: Kernel;
  readonly histogram: Kernel;
  readonly laplacian: Kernel;
  readonly lanczosColumns: Kernel;
  readonly lanczosRows: Kernel;
}

let compiled: WebAssembly.Module | undefined;

function instantiate(): Kernels {
  compiled ??= compiledKernel(greyWasm);
  const instance = new KernelInstance(compiled);
  const kernel = (name: string) => instance.kernel(name);
  return {
    instance,
    greyFromRgb: kernel("greyFromRgb"),
    greyFromRgba: kernel("greyFromRgba"),
    histogram: kernel("histogram"),
    laplacian: kernel("laplacian"),
    lanczosColumns: kernel("lanczosColumns"),
    lanczosRows: kernel("lanczosRows"),
  };
}

/**
 * A grey image in WebAssembly memory, and what is measured on it with SIMD: equal to grey-reference.ts to the bit.
 * Holds one image at a time and keeps its memory for the next: one an operator is enough.
 */
export class GreyPlane {
  #kernels = instantiate();
  #width = 0;
  #height = 0;

  /** Makes `image` the image that is measured; without an answer, since the plane stays where it is. */
  load(image: ColourImage, weights: GreyWeights): void {
    const { width, height, channels, data } = image;
    const isLarge = this.#kernels.instance.byteLength > mostKeptBytes;
    if (isLarge && width * height < mostKeptBytes / 2) this.#kernels = instantiate();
    this.#width = width;
    this.#height = height;
    const { instance } = this.#kernels;
    instance.reserve(this.#free);
    if (channels === 1) instance.write(this.#plane, data);
    else this.#convert(data, channels, weights);
  }

  /** How many pixels have each of the 256 levels. */
  histogram(): Uint32Array {
    const { instance, histogram } = this.#kernels;
    const tables = align(this.#free, 16);
    instance.reserve(tables + 4096);
    histogram(this.#plane, this.#width * this.#height, tables);
    const bytes = new Uint8Array(instance.bytes(tables, 1024));
    return new Uint32Array(bytes.buffer);
  }

  /**
   * Variance of the Laplacian: `cv2.Laplacian(grey, cv2.CV_64F).var()` of OpenCV 5.0 (3x3 kernel 0 1 0 / 1 -4 1 / 0 1 0,
   * borders mirrored without repeating the edge). Sums are integers, so it is exact.
   */
  laplacianVariance(): number {
    const { instance, laplacian } = this.#kernels;
    const sums = align(this.#free, 16);
    instance.reserve(sums + 16);
    laplacian(this.#plane, this.#width, this.#height, sums);
    const bytes = instance.bytes(sums, 16);
    const count = this.#width * this.#height;
    const mean = bytes.readDoubleLE(0) / count;
    return bytes.readDoubleLE(8) / count - mean * mean;
  }

  /**
   * `Image.resize((width, height), Image.LANCZOS)` of Pillow 13.0 on the plane, bit for bit: antialiased Lanczos with
   * three lobes in 22-bit fixed point, rounded to bytes between the axes. An axis that keeps its size is not filtered.
   */
  lanczos(width: number, height: number): Uint8Array {
    const isTall = takesRowsFirst(this.#width, this.#height, width, height);
    const between = align(this.#free, 16);
    const betweenBytes = isTall ? this.#width * height : width * this.#height;
    // Rows are weighed in pairs: the last pair can reach into a row that is not there.
    const target = align(between + betweenBytes + Math.max(width, this.#width) + slack, 16);
    const tables = align(target + width * height + slack, 16);
    const source: Plane = { address: this.#plane, width: this.#width, height: this.#height };
    const narrow = isTall ? this.#rows(source, between, height, tables) : this.#columns(source, between, width, tables);
    const done = isTall ? this.#columns(narrow, target, width, tables) : this.#rows(narrow, target, height, tables);
    return new Uint8Array(this.#kernels.instance.bytes(done.address, width * height));
  }

  #convert(data: Uint8Array, channels: 3 | 4, { red, green, blue, shift }: GreyWeights): void {
    const { instance, greyFromRgb, greyFromRgba } = this.#kernels;
    const convert = channels === 3 ? greyFromRgb : greyFromRgba;
    const half = green >> 1;
    const pixels = this.#width * this.#height;
    for (let from = 0; from < pixels; from += stripPixels) {
      const count = Math.min(stripPixels, pixels - from);
      instance.write(instance.base, data.subarray(from * channels, (from + count) * channels));
      convert(instance.base, this.#plane + from, count, red | (half << 16), (green - half) | (blue << 16), shift);
    }
  }

  #columns(source: Plane, address: number, width: number, tables: number): Plane {
    if (width === source.width) return source;
    const { starts, counts, high, low, longest } = this.#placeAxis(source.width, width, tables);
    this.#kernels.lanczosColumns(
      source.address,
      source.width,
      address,
      source.height,
      width,
      starts,
      counts,
      high,
      low,
      longest,
    );
    return { address, width, height: source.height };
  }

  #rows(source: Plane, address: number, height: number, tables: number): Plane {
    if (height === source.height) return source;
    const { starts, counts, high, low, longest } = this.#placeAxis(source.height, height, tables);
    this.#kernels.lanczosRows(source.address, source.width, address, height, starts, counts, high, low, longest);
    return { address, width: source.width, height };
  }

  #placeAxis(inputSize: number, outputSize: number, address: number): PlacedAxis {
    const { instance } = this.#kernels;
    const axis = splitAxisOf(inputSize, outputSize);
    const counts = align(address + axis.starts.byteLength, 16);
    const high = align(counts + axis.counts.byteLength, 16);
    const low = align(high + axis.high.byteLength, 16);
    instance.reserve(low + axis.low.byteLength + slack);
    instance.write(address, axis.starts);
    instance.write(counts, axis.counts);
    instance.write(high, axis.high);
    instance.write(low, axis.low);
    return { starts: address, counts, high, low, longest: axis.longest };
  }

  get #plane(): number {
    return align(this.#kernels.instance.base + stripPixels * 4 + slack, 16);
  }

  /** First address behind the plane, and behind what kernels reach past it: a row and a block. */
  get #free(): number {
    return this.#plane + this.#width * (this.#height + 1) + slack;
  }
}

interface Plane {
  readonly address: number;
  readonly width: number;
  readonly height: number;
}

interface PlacedAxis {
  readonly starts: number;
  readonly counts: number;
  readonly high: number;
  readonly low: number;
  readonly longest: number;
}

/** An axis as the kernels take it: weights in halves that fit 16 bits. */
interface SplitAxis {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly high: Int16Array;
  readonly low: Int16Array;
  readonly longest: number;
}

const lowBits = 11;

function splitAxis({ starts, counts, weights, longest }: LanczosAxis): SplitAxis {
  return {
    starts,
    counts,
    high: Int16Array.from(weights, (weight) => weight >> lowBits),
    low: Int16Array.from(weights, (weight) => weight & ((1 << lowBits) - 1)),
    longest,
  };
}

/** Images of a dataset have few sizes, and weights cost as much as filtering with them. */
const knownAxes = new Map<string, SplitAxis>();
const mostKnownAxes = 64;

function splitAxisOf(inputSize: number, outputSize: number): SplitAxis {
  const key = `${inputSize}:${outputSize}`;
  const known = knownAxes.get(key);
  if (known !== undefined) return known;
  const axis = splitAxis(lanczosAxis(inputSize, outputSize));
  if (knownAxes.size >= mostKnownAxes) knownAxes.clear();
  knownAxes.set(key, axis);
  return axis;
}
