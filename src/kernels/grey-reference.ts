import type { GreyWeights } from "./grey-plane.ts";
import { type LanczosAxis, lanczosAxis, lanczosPrecisionBits, takesRowsFirst } from "./lanczos-axis.ts";

// What the compiled kernels of a grey plane compute, in plain TypeScript: the oracles of their tests.

/** One byte a pixel of interleaved `data`. Alpha is not looked at; grey pixels stay what they are. */
export function greyReference(data: Uint8Array, channels: 1 | 3 | 4, weights: GreyWeights): Uint8Array {
  if (channels === 1) return data;
  const grey = new Uint8Array(data.length / channels);
  const { red, green, blue, shift } = weights;
  const half = 1 << (shift - 1);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += channels) {
    const sum = red * (data[at] ?? 0) + green * (data[at + 1] ?? 0) + blue * (data[at + 2] ?? 0);
    grey[pixel] = (sum + half) >> shift;
  }
  return grey;
}

export function histogramReference(grey: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const level of grey) counts[level] = (counts[level] ?? 0) + 1;
  return counts;
}

export function laplacianReference(grey: Uint8Array, width: number, height: number): number {
  let sum = 0;
  let squares = 0;
  const at = (x: number, y: number) => grey[mirrored(y, height) * width + mirrored(x, width)] ?? 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = at(x, y - 1) + at(x, y + 1) + at(x - 1, y) + at(x + 1, y) - 4 * at(x, y);
      sum += value;
      squares += value * value;
    }
  }
  const count = width * height;
  const mean = sum / count;
  return squares / count - mean * mean;
}

/** Position inside 0 .. size-1 that a position one step outside mirrors to. */
function mirrored(position: number, size: number): number {
  if (size === 1) return 0;
  if (position < 0) return -position;
  return position < size ? position : 2 * size - 2 - position;
}

export function lanczosReference(
  grey: Uint8Array,
  width: number,
  height: number,
  outputWidth: number,
  outputHeight: number,
): Uint8Array {
  const columns = outputWidth === width ? undefined : lanczosAxis(width, outputWidth);
  const rows = outputHeight === height ? undefined : lanczosAxis(height, outputHeight);
  if (takesRowsFirst(width, height, outputWidth, outputHeight)) {
    return filtered(filtered(grey, width, rows, outputHeight, "rows"), width, columns, outputWidth, "columns");
  }
  const narrow = filtered(grey, width, columns, outputWidth, "columns");
  return filtered(narrow, outputWidth, rows, outputHeight, "rows");
}

/** One axis filtered; a missing one keeps its size. */
function filtered(
  grey: Uint8Array,
  width: number,
  axis: LanczosAxis | undefined,
  outputSize: number,
  direction: "rows" | "columns",
): Uint8Array {
  if (axis === undefined) return grey;
  const height = grey.length / width;
  const [outputWidth, outputHeight] = direction === "rows" ? [width, outputSize] : [outputSize, height];
  const output = new Uint8Array(outputWidth * outputHeight);
  for (let y = 0; y < outputHeight; y++) {
    for (let x = 0; x < outputWidth; x++) {
      output[y * outputWidth + x] =
        direction === "rows" ? weighted(grey, axis, y, x, width) : weighted(grey, axis, x, y * width, 1);
    }
  }
  return output;
}

/** In 32 bits, as Pillow does: no sum of weighted bytes leaves them. */
function weighted(grey: Uint8Array, axis: LanczosAxis, index: number, offset: number, step: number): number {
  const start = axis.starts[index] ?? 0;
  let sum = 1 << (lanczosPrecisionBits - 1);
  for (let tap = 0; tap < (axis.counts[index] ?? 0); tap++) {
    const weight = axis.weights[index * axis.longest + tap] ?? 0;
    sum = (sum + Math.imul(grey[offset + (start + tap) * step] ?? 0, weight)) | 0;
  }
  return Math.max(0, Math.min(255, sum >> lanczosPrecisionBits));
}
