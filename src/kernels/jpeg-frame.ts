/** Pixels of the file for one that comes out, along each side. */
export const jpegReductions = [8, 4, 2, 1] as const;
export type JpegReduction = (typeof jpegReductions)[number];

export interface JpegComponent {
  /** Blocks of an MCU, along each side. */
  readonly across: number;
  readonly down: number;
  /** 64 steps of one byte, in the order of the file (zigzag). */
  readonly steps: Uint8Array;
}

export interface HuffmanTable {
  readonly kind: "dc" | "ac";
  readonly index: number;
  /** Sixteen: codes of each length, from one bit on. */
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

export interface JpegScan {
  /** Components of the frame, and the index of the tables that each uses. */
  readonly components: readonly {
    readonly component: number;
    readonly dcTable: number;
    readonly acTable: number;
  }[];
  /** New since the scan before. */
  readonly tables: readonly HuffmanTable[];
  /** MCUs between restart markers; 0 without. */
  readonly restartInterval: number;
  /** Where entropy-coded bytes begin, and an end behind them: their marker, or the file's. */
  readonly from: number;
  readonly to: number;
  /** Coefficients, in the order of the file. */
  readonly first: number;
  readonly last: number;
  /** Zero in a first scan of these coefficients; else the one above `low`. */
  readonly high: number;
  /** The lowest bit that comes. */
  readonly low: number;
}

/** A JPEG as its headers describe it: baseline with one scan of all components, or progressive. */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  /** What its components are: grey, Y Cb Cr, inks, or Y Cb Cr of the coloured inks and black. */
  readonly colours: "grey" | "ycc" | "cmyk" | "ycck";
  /** Whether inks are 255 where there is none. */
  readonly isInverted: boolean;
  readonly components: readonly JpegComponent[];
  readonly scans: readonly JpegScan[];
}

/** How a reduction decodes a frame. */
export interface ReducedFrame {
  /** Columns and rows of the image, in part: those of the file over the reduction. */
  readonly extent: { readonly width: number; readonly height: number };
  readonly width: number;
  readonly height: number;
  /** MCUs. */
  readonly columns: number;
  readonly rows: number;
  readonly components: readonly ReducedComponent[];
  /** 1 where chroma has two columns for one of luma. */
  readonly columnShift: number;
  readonly rowShift: number;
}

export interface ReducedComponent {
  readonly across: number;
  readonly down: number;
  /** Pixels a side that a block becomes: 1, 2, 4 or 8. */
  readonly size: number;
  /** Blocks that a scan of this component alone has. */
  readonly ownColumns: number;
  readonly ownRows: number;
}

/**
 * Undefined where the second and third component are sampled in another way than 4:4:4, 4:2:2, 4:4:0 or 4:2:0, the fourth
 * in another than the first, or subsampled ones were needed whole.
 */
export function reducedFrame(frame: JpegFrame, reduction: JpegReduction): ReducedFrame | undefined {
  const [luma, second, third, black] = frame.components;
  if (luma === undefined || luma.across > 2 || luma.down > 2) return undefined;
  const chroma = [second, third].filter((component) => component !== undefined);
  if (chroma.some(({ across, down }) => across !== 1 || down !== 1)) return undefined;
  if (black !== undefined && (black.across !== luma.across || black.down !== luma.down)) return undefined;
  const extent = { width: frame.width / reduction, height: frame.height / reduction };
  const share = chroma.length === 0 ? 1 : Math.max(luma.across, luma.down);
  if (share > reduction) return undefined;
  return {
    extent,
    width: Math.ceil(extent.width),
    height: Math.ceil(extent.height),
    columns: Math.ceil(frame.width / (8 * luma.across)),
    rows: Math.ceil(frame.height / (8 * luma.down)),
    components: frame.components.map(({ across, down }, index) => ({
      across,
      down,
      size: (8 / reduction) * (index % 3 === 0 ? 1 : share),
      ownColumns: Math.ceil(Math.ceil((frame.width * across) / luma.across) / 8),
      ownRows: Math.ceil(Math.ceil((frame.height * down) / luma.down) / 8),
    })),
    columnShift: luma.across < share ? 1 : 0,
    rowShift: luma.down < share ? 1 : 0,
  };
}

/** Row and column of coefficients, in the order of a file. */
export const zigzag: readonly (readonly [row: number, column: number])[] = Array.from({ length: 15 }, (_, diagonal) => {
  const rows = Array.from({ length: 8 }, (__, row) => row).filter((row) => diagonal - row >= 0 && diagonal - row < 8);
  return (diagonal % 2 === 0 ? rows.reverse() : rows).map((row) => [row, diagonal - row] as const);
}).flat();

/** Of one dimension, for a transform to so many pixels: what the kernel's arithmetic leaves out. */
const factors: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [1]],
  [2, [1, 1]],
  [4, [1, 2, 1, 2]],
  [8, Array.from({ length: 8 }, (_, index) => (index === 0 ? 1 : Math.SQRT2 * Math.cos((index * Math.PI) / 16)))],
]);

/** By what the kernel multiplies coefficients, in the order of the file, for blocks of `size` pixels a side. */
export function coefficientScales(steps: Uint8Array, size: number): Float32Array {
  const ofSize = factors.get(size) ?? [];
  return Float32Array.from(
    zigzag,
    ([row, column], index) => ((steps[index] ?? 0) * (ofSize[row] ?? 0) * (ofSize[column] ?? 0)) / 8,
  );
}
