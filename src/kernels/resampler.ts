import type { ResampleTable } from "./resample-table.ts";
import { resampleWasm } from "./wasm/resample-wasm.ts";

/** Interleaved RGB or one channel. */
export type ResampleChannels = 1 | 3;

/** `taps` of a table for columns must be a multiple of this; of a table for rows, of 2. */
export function columnTapMultiple(channels: ResampleChannels): number {
  return channels === 1 ? 8 : 4;
}

export const rowTapMultiple = 2;

type Kernel = (...addresses: number[]) => void;

const pageBytes = 65_536;

/**
 * Resizes interleaved 8-bit pixels with WebAssembly SIMD: rows first, then columns, exactly as `resampleReference`.
 * Holds its memory, which grows to the largest image seen: one a worker is enough. Not re-entrant.
 */
export class Resampler {
  readonly #memory: WebAssembly.Memory;
  readonly #rows: Kernel;
  readonly #columnsRgb: Kernel;
  readonly #columnsGrey: Kernel;
  readonly #base: number;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(resampleWasm, "base64"));
    const { exports } = new WebAssembly.Instance(module, {});
    this.#memory = exportedMemory(exports.memory);
    this.#rows = exportedKernel(exports.resampleRows);
    this.#columnsRgb = exportedKernel(exports.resampleColumnsRgb);
    this.#columnsGrey = exportedKernel(exports.resampleColumnsGrey);
    this.#base = this.#memory.buffer.byteLength;
  }

  /**
   * Where the next image's pixels go: a decoder can write straight into it. Valid until the next call of `source`;
   * `resample` reads from its start.
   */
  source(bytes: number): Buffer {
    this.#reserve(this.#base + bytes);
    return Buffer.from(this.#memory.buffer, this.#base, bytes);
  }

  /** Resizes what lies in `source`; rows there have no gaps. The answer is a copy, without gaps. */
  resample(channels: ResampleChannels, columns: ResampleTable, rows: ResampleTable): Uint8Array {
    const stride = columns.inputSize * channels;
    const betweenStride = align(stride, 16);
    const targetStride = columns.outputSize * channels;
    // Blocks of sixteen and zero-weighted taps read past the last row, never past what is reserved here.
    const between = align(this.#base + stride * (rows.inputSize + rows.taps) + 16, 16);
    const target = align(between + betweenStride * rows.outputSize + columns.taps * channels + 16, 16);
    const rowStarts = align(target + targetStride * rows.outputSize + 16, 16);
    const rowWeights = align(rowStarts + rows.starts.byteLength, 16);
    const columnStarts = align(rowWeights + rows.weights.byteLength, 16);
    const columnWeights = align(columnStarts + columns.starts.byteLength, 16);
    this.#reserve(columnWeights + columns.weights.byteLength);
    this.#write(rowStarts, rows.starts);
    this.#write(rowWeights, rows.weights);
    this.#write(columnStarts, columns.starts);
    this.#write(columnWeights, columns.weights);
    this.#rows(this.#base, stride, between, betweenStride, rows.outputSize, rowStarts, rowWeights, rows.taps);
    const resampleColumns = channels === 1 ? this.#columnsGrey : this.#columnsRgb;
    const { outputSize, taps } = columns;
    resampleColumns(
      between,
      betweenStride,
      target,
      targetStride,
      rows.outputSize,
      outputSize,
      columnStarts,
      columnWeights,
      taps,
    );
    return new Uint8Array(this.#memory.buffer, target, targetStride * rows.outputSize).slice();
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
  }

  #write(address: number, values: Int32Array | Int16Array): void {
    new Uint8Array(this.#memory.buffer, address).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }
}

function align(address: number, to: number): number {
  return Math.ceil(address / to) * to;
}

function exportedMemory(value: unknown): WebAssembly.Memory {
  if (value instanceof WebAssembly.Memory) return value;
  throw new TypeError("the resample kernel exports no memory");
}

function exportedKernel(value: unknown): Kernel {
  if (typeof value !== "function") throw new TypeError("the resample kernel lacks an export");
  return (...addresses) => {
    Reflect.apply(value, undefined, addresses);
  };
}
