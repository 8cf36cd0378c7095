import { align, compiledKernel, KernelInstance } from "./kernel-instance.ts";
import { jpegWasm } from "./wasm/jpeg-wasm.ts";

/** Pixels of the file for one that comes out, along each side. */
export const jpegReductions = [8, 4, 2] as const;
export type JpegReduction = (typeof jpegReductions)[number];

/** A component of a scan, as its headers describe it. */
export interface ScannedComponent {
  /** Blocks of an MCU, along each side. */
  readonly across: number;
  readonly down: number;
  /** 64 steps of one byte, in the order of the file (zigzag). */
  readonly steps: Uint8Array;
  readonly dcTable: number;
  readonly acTable: number;
}

export interface HuffmanTable {
  readonly kind: "dc" | "ac";
  readonly index: number;
  /** Sixteen: codes of each length, from one bit on. */
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

/** A baseline JPEG of one scan, as its headers describe it: one component, or Y, Cb and Cr. */
export interface BaselineScan {
  readonly width: number;
  readonly height: number;
  readonly components: readonly ScannedComponent[];
  readonly tables: readonly HuffmanTable[];
  /** MCUs between restart markers; 0 without. */
  readonly restartInterval: number;
  /** Where entropy-coded bytes begin. */
  readonly from: number;
}

export interface ReducedJpeg {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** A view: valid until the next call. */
  readonly data: Uint8Array;
  /** Columns and rows that the image covers: its own over the reduction. The last ones may be covered in part. */
  readonly extent: { readonly width: number; readonly height: number };
}

interface Chroma {
  /** Pixels a side that a block of chroma becomes. */
  readonly size: number;
  /** 1 where that makes two columns for one of luma. */
  readonly columnShift: number;
  readonly rowShift: number;
}

/** Where the planes of a row of MCUs lie. */
interface Strip {
  readonly planes: readonly number[];
  readonly stride: number;
  readonly lumaRows: number;
}

/** What the kernel reads and writes past the end of rows and areas. */
const slackBytes = 64;
const entropySlackBytes = 4096 + slackBytes;
const endOfImage = 0xffd9;

/**
 * Decodes baseline JPEGs at a half, a quarter or an eighth of their size with WebAssembly SIMD.
 *
 * A block of 8 x 8 pixels becomes one of 4 x 4, 2 x 2 or 1 by an inverse DCT of that size over its lowest frequencies,
 * as the Independent JPEG Group's library does since version 7; libjpeg-turbo's averages pixels instead. Coefficients
 * that count for nothing are not decoded one by one: a table tells for twelve bits at once how many symbols they hold
 * and how many coefficients those take. Subsampled chroma is decoded at twice the scale of luma, and averaged along a
 * side that is not subsampled.
 *
 * Within one level of `jpegReference`. Holds its memory, which grows to the largest file seen: one a worker is enough.
 * Not re-entrant.
 */
export class JpegReducer {
  readonly #instance = new KernelInstance(compiledKernel(jpegWasm));
  readonly #fillTable = this.#instance.answer("fillTable");
  readonly #scaleAddress = this.#instance.answer("scaleAddress");
  readonly #clearBlocks = this.#instance.kernel("clearBlocks");
  readonly #addBlock = this.#instance.kernel("addBlock");
  readonly #decodeScan = this.#instance.answer("decodeScan");
  readonly #markerAddress = this.#instance.answer("markerAddress");

  /** Bytes of memory that a call would need. */
  static bytesFor(scan: BaselineScan, fileBytes: number, reduction: JpegReduction): number {
    const { width, height, components } = scan;
    return Math.ceil(width / reduction) * Math.ceil(height / reduction) * components.length + 2 * fileBytes;
  }

  /**
   * The image's pixels as stored, `width / reduction` x `height / reduction` rounded up. Undefined where anything is out
   * of the ordinary: samplings other than 4:4:4, 4:2:2, 4:4:0 and 4:2:0, damage of any kind, bytes that belong to
   * nothing before the end marker.
   */
  reduce(file: Uint8Array, scan: BaselineScan, reduction: JpegReduction): ReducedJpeg | undefined {
    const [luma] = scan.components;
    const size = 8 / reduction;
    const chroma = chromaOf(scan.components, size);
    if (luma === undefined || chroma === undefined || !this.#fillTables(scan)) return undefined;
    const columns = Math.ceil(scan.width / (8 * luma.across));
    const rows = Math.ceil(scan.height / (8 * luma.down));
    const strip = this.#strip(scan.components, columns, size, chroma);
    const extent = { width: scan.width / reduction, height: scan.height / reduction };
    const [width, height] = [Math.ceil(extent.width), Math.ceil(extent.height)];
    const channels = scan.components.length === 1 ? 1 : 3;
    const target = strip.end;
    const source = align(target + width * height * channels + slackBytes, 16);
    const entropyBytes = file.length - scan.from;
    const top = align(source + entropyBytes * 2 + entropySlackBytes, 16);
    this.#instance.reserve(top + slackBytes);
    this.#instance.write(source, file.subarray(scan.from));
    this.#describe(scan, strip, size, chroma);
    const [lumaPlane = 0, blue = 0, red = 0] = strip.planes;
    const { stride, lumaRows } = strip;
    const { columnShift, rowShift } = chroma;
    const isWhole =
      this.#decodeScan(
        source,
        source + entropyBytes,
        top,
        columns,
        rows,
        scan.restartInterval,
        channels,
        lumaPlane,
        blue,
        red,
        stride,
        lumaRows,
        columnShift,
        rowShift,
        target,
        width,
        height,
      ) === 1;
    const marker = this.#instance.bytes(this.#markerAddress(), 2).readUInt16BE();
    if (!isWhole || marker !== endOfImage) return undefined;
    return { width, height, channels, data: this.#instance.bytes(target, width * height * channels), extent };
  }

  #strip(components: readonly ScannedComponent[], columns: number, lumaSize: number, chroma: Chroma) {
    const sizes = components.map((_, index) => (index === 0 ? lumaSize : chroma.size));
    const widths = components.map(({ across }, index) => columns * across * (sizes[index] ?? 0));
    const stride = align(Math.max(...widths) + slackBytes, 16);
    let end = align(this.#instance.base, 16);
    const planes = components.map(({ down }, index) => {
      const plane = end;
      end += stride * down * (sizes[index] ?? 0);
      return plane;
    });
    return { planes, stride, lumaRows: (components[0]?.down ?? 1) * lumaSize, end: end + slackBytes };
  }

  #fillTables({ tables }: BaselineScan): boolean {
    const { base } = this.#instance;
    this.#instance.reserve(base + 16 + 256);
    return tables.every(({ kind, index, counts, symbols }) => {
      this.#instance.write(base, counts);
      this.#instance.write(base + 16, symbols);
      return this.#fillTable((kind === "dc" ? 0 : 2) + index, base, base + 16) === 1;
    });
  }

  #describe({ components }: BaselineScan, { planes, stride }: Strip, lumaSize: number, chroma: Chroma): void {
    this.#clearBlocks();
    for (const [index, { across, down, steps, dcTable, acTable }] of components.entries()) {
      const size = index === 0 ? lumaSize : chroma.size;
      this.#instance.write(this.#scaleAddress(index), scalesOf(steps, size));
      for (let block = 0; block < across * down; block++) {
        const [column, row] = [block % across, Math.floor(block / across)];
        const out = (planes[index] ?? 0) + row * size * stride + column * size;
        this.#addBlock(index, dcTable, acTable, size, out, across * size, stride);
      }
    }
  }
}

/** Undefined where chroma is sampled in a way that the kernel does not know. */
function chromaOf(components: readonly ScannedComponent[], lumaSize: number): Chroma | undefined {
  const [luma, ...others] = components;
  if (luma === undefined || luma.across > 2 || luma.down > 2) return undefined;
  if (others.some(({ across, down }) => across !== 1 || down !== 1)) return undefined;
  const share = Math.max(luma.across, luma.down);
  return { size: lumaSize * share, columnShift: luma.across < share ? 1 : 0, rowShift: luma.down < share ? 1 : 0 };
}

/** Row and column of coefficients, in the order of a file. */
export const zigzag: readonly (readonly [row: number, column: number])[] = Array.from({ length: 15 }, (_, diagonal) => {
  const rows = Array.from({ length: 8 }, (__, row) => row).filter((row) => diagonal - row >= 0 && diagonal - row < 8);
  return (diagonal % 2 === 0 ? rows.reverse() : rows).map((row) => [row, diagonal - row] as const);
}).flat();

/** Of one dimension, for a transform to so many pixels: what its arithmetic leaves out. */
const factors: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [1]],
  [2, [1, 1]],
  [4, [1, 2, 1, 2]],
  [8, Array.from({ length: 8 }, (_, index) => (index === 0 ? 1 : Math.SQRT2 * Math.cos((index * Math.PI) / 16)))],
]);

function scalesOf(steps: Uint8Array, size: number): Float32Array {
  const ofSize = factors.get(size) ?? [];
  return Float32Array.from(
    zigzag,
    ([row, column], index) => ((steps[index] ?? 0) * (ofSize[row] ?? 0) * (ofSize[column] ?? 0)) / 8,
  );
}
