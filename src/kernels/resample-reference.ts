import { type ResampleTable, weightOne } from "./resample-table.ts";

/**
 * What the compiled resampler computes, in plain TypeScript: the oracle of its tests.
 * Rows first, rounded to bytes, then columns. `pixels` is interleaved, `channels` a pixel, rows without gaps.
 */
export function resampleReference(
  pixels: Uint8Array,
  channels: number,
  columns: ResampleTable,
  rows: ResampleTable,
): Uint8Array {
  const stride = columns.inputSize * channels;
  const between = new Uint8ClampedArray(stride * rows.outputSize);
  for (let row = 0; row < rows.outputSize; row++) {
    for (let byte = 0; byte < stride; byte++) {
      between[row * stride + byte] = weighted(pixels, rows, row, byte, stride);
    }
  }
  const output = new Uint8ClampedArray(columns.outputSize * rows.outputSize * channels);
  for (let row = 0; row < rows.outputSize; row++) {
    for (let column = 0; column < columns.outputSize; column++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = (row * columns.outputSize + column) * channels + channel;
        output[at] = weighted(between, columns, column, row * stride + channel, channels);
      }
    }
  }
  return new Uint8Array(output.buffer);
}

function weighted(
  bytes: Uint8Array | Uint8ClampedArray,
  table: ResampleTable,
  index: number,
  offset: number,
  step: number,
): number {
  const start = table.starts[index] ?? 0;
  let sum = weightOne / 2;
  for (let tap = 0; tap < table.taps; tap++) {
    const weight = table.weights[index * table.taps + tap] ?? 0;
    if (weight !== 0) sum += weight * (bytes[offset + (start + tap) * step] ?? 0);
  }
  return sum >> 14;
}
