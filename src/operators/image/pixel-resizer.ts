import { type ResampleKernel, type ResampleTable, resampleTable } from "../../kernels/resample-table.ts";
import { columnTapMultiple, type ResampleChannels, Resampler, rowTapMultiple } from "../../kernels/resampler.ts";
import type { Background, Pixels } from "../../media/image/pixels.ts";
import type { ResizeGeometry } from "./resize-geometry.ts";

const maxTables = 512;

/** Of pixels without gaps. */
export interface SourcePixels {
  readonly width: number;
  readonly height: number;
  readonly channels: ResampleChannels;
  /** How many of them the image covers, where it is not all: the last column and row may be covered in part. */
  readonly extent?: { readonly width: number; readonly height: number };
}

/** Resizes pixels as a geometry says. Keeps its memory and the tables of sizes seen lately. */
export class PixelResizer {
  readonly #resampler = new Resampler();
  readonly #tables = new Map<string, ResampleTable>();

  /** Memory for the next image's pixels, for `resize` to read: valid until the next call. */
  source(bytes: number): Buffer {
    return this.#resampler.source(bytes);
  }

  /** Resizes an image that lies in `source`. */
  resize(
    { width, height, channels, extent = { width, height } }: SourcePixels,
    geometry: ResizeGeometry,
    kernel: ResampleKernel,
    background: Background,
  ): Pixels {
    const columns = this.#table(width, extent.width, geometry.scaledWidth, kernel, columnTapMultiple(channels));
    const rows = this.#table(height, extent.height, geometry.scaledHeight, kernel, rowTapMultiple);
    const data = this.#resampler.resample(
      channels,
      windowOf(columns, geometry.left, geometry.keptWidth),
      windowOf(rows, geometry.top, geometry.keptHeight),
    );
    const kept: Pixels = { width: geometry.keptWidth, height: geometry.keptHeight, channels, data };
    return onCanvas(kept, geometry, background);
  }

  #table(input: number, extent: number, output: number, kernel: ResampleKernel, tapMultiple: number): ResampleTable {
    const key = `${input} ${extent} ${output} ${kernel} ${tapMultiple}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    if (this.#tables.size >= maxTables) this.#tables.clear();
    const table = resampleTable(input, output, kernel, tapMultiple, extent);
    this.#tables.set(key, table);
    return table;
  }
}

/** The part of whole scaled pixels that a geometry keeps, on its canvas. */
export function cropScaled(scaled: Pixels, geometry: ResizeGeometry, background: Background): Pixels {
  const { left, top, keptWidth: width, keptHeight: height } = geometry;
  if (width === scaled.width && height === scaled.height) return onCanvas(scaled, geometry, background);
  const { channels } = scaled;
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * scaled.width + left) * channels;
    data.set(scaled.data.subarray(from, from + width * channels), row * width * channels);
  }
  return onCanvas({ width, height, channels, data }, geometry, background);
}

function windowOf(table: ResampleTable, from: number, length: number): ResampleTable {
  if (length === table.outputSize) return table;
  return {
    inputSize: table.inputSize,
    outputSize: length,
    taps: table.taps,
    starts: table.starts.subarray(from, from + length),
    weights: table.weights.subarray(from * table.taps, (from + length) * table.taps),
  };
}

function onCanvas(pixels: Pixels, geometry: ResizeGeometry, background: Background): Pixels {
  const { canvasWidth: width, canvasHeight: height, marginLeft, marginTop } = geometry;
  if (width === pixels.width && height === pixels.height) return pixels;
  const [red, green, blue] = background;
  const isGrey = pixels.channels === 1 && red === green && green === blue;
  const channels = isGrey ? 1 : 3;
  const data = filled(width * height, channels, background);
  for (let row = 0; row < pixels.height; row++) {
    const to = ((marginTop + row) * width + marginLeft) * channels;
    const line = pixels.data.subarray(row * pixels.width * pixels.channels, (row + 1) * pixels.width * pixels.channels);
    if (pixels.channels === channels) data.set(line, to);
    else for (const [column, value] of line.entries()) data.fill(value, to + column * 3, to + column * 3 + 3);
  }
  return { width, height, channels, data };
}

function filled(pixels: number, channels: 1 | 3, background: Background): Uint8Array {
  const [red, green, blue] = background;
  const data = new Uint8Array(pixels * channels).fill(red);
  if (red === green && green === blue) return data;
  for (let at = 0; at < data.length; at += 3) {
    data[at + 1] = green;
    data[at + 2] = blue;
  }
  return data;
}
