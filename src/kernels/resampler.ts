import { align, compiledKernel, KernelInstance } from "./kernel-instance.ts";
import type { ResampleTable } from "./resample-table.ts";
import { resampleWasm } from "./wasm/resample-wasm.ts";

/** Interleaved RGB or one channel. */
export type ResampleChannels = 1 | 3;

/** `taps` of a table for columns must be a multiple of this; of a table for rows, of 2. */
export function columnTapMultiple(channels: ResampleChannels): number {
  return channels === 1 ? 8 : 4;
}

export const rowTapMultiple = 2;

/**
 * Resizes interleaved 8-bit pixels with WebAssembly SIMD: rows first, then columns, exactly as `resampleReference`.
 * Holds its memory, which grows to the largest image seen: one a worker is enough. Not re-entrant.
 */
export class Resampler {
  readonly #instance = new KernelInstance(compiledKernel(resampleWasm));
  readonly #rows = this.#instance.kernel("resampleRows");
  readonly #columnsRgb = this.#instance.kernel("resampleColumnsRgb");
  readonly #columnsGrey = this.#instance.kernel("resampleColumnsGrey");
  readonly #base = this.#instance.base;

  /**
   * Where the next image's pixels go: a decoder can write straight into it. Valid until the next call of `source`;
   * `resample` reads from its start.
   */
  source(bytes: number): Buffer {
    this.#instance.reserve(this.#base + bytes);
    return this.#instance.bytes(this.#base, bytes);
  }

  /** Resizes what lies in `source`; rows there have no gaps. The answer is a copy, without gaps. */
  resample(channels: ResampleChannels, columns: ResampleTable, rows: ResampleTable): Uint8Array {
    const stride = columns.inputSize * channels;
    const betweenStride = align(stride, 16);
    const targetStride = columns.outputSize * channels;
    // Blocks of sixteen, blocks of four rows and zero-weighted taps go past the last row, never past what is reserved here.
    const between = align(this.#base + stride * (rows.inputSize + rows.taps) + 16, 16);
    const target = align(between + betweenStride * align(rows.outputSize, 4) + columns.taps * channels + 16, 16);
    const rowStarts = align(target + targetStride * align(rows.outputSize, 4) + 16, 16);
    const rowWeights = align(rowStarts + rows.starts.byteLength, 16);
    const columnStarts = align(rowWeights + rows.weights.byteLength, 16);
    const columnWeights = align(columnStarts + columns.starts.byteLength, 16);
    this.#instance.reserve(columnWeights + columns.weights.byteLength);
    this.#instance.write(rowStarts, rows.starts);
    this.#instance.write(rowWeights, rows.weights);
    this.#instance.write(columnStarts, columns.starts);
    this.#instance.write(columnWeights, columns.weights);
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
    return new Uint8Array(this.#instance.bytes(target, targetStride * rows.outputSize));
  }
}
