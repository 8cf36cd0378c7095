import {
  coefficientScales,
  type JpegFrame,
  type JpegReduction,
  type JpegScan,
  type ReducedComponent,
  type ReducedFrame,
  reducedFrame,
} from "./jpeg-frame.ts";
import { align, compiledKernel, KernelInstance } from "./kernel-instance.ts";
import { jpegWasm } from "./wasm/jpeg-wasm.ts";

export interface ReducedJpeg {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** A view: valid until the next call. */
  readonly data: Uint8Array;
  /** Columns and rows that the image covers: its own over the reduction. The last ones may be covered in part. */
  readonly extent: { readonly width: number; readonly height: number };
}

/** What a progressive file's coefficients need. */
interface StoredComponent {
  readonly coefficients: number;
  readonly masks: number;
  readonly stride: number;
  readonly blockBytes: number;
}

/** Where things lie in the kernel's memory. */
interface Layout {
  readonly planes: readonly number[];
  readonly planeStride: number;
  readonly stored: readonly StoredComponent[];
  readonly target: number;
  readonly source: number;
  readonly areaTop: number;
  readonly end: number;
}

/** What the kernel reads and writes past the end of rows and areas. */
const slackBytes = 64;
const entropySlackBytes = 4096 + slackBytes;
const endOfImage = 0xffd9;
/** Of a progressive block, by the pixels a side that it becomes: 1, 5, 25 or 64 coefficients of 16 bits. */
const storedBytes: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 12],
  [4, 52],
  [8, 128],
]);

/**
 * Decodes JPEGs at a half, a quarter or an eighth of their size, or whole, with WebAssembly SIMD.
 *
 * A block of 8 x 8 pixels becomes one of 4 x 4, 2 x 2 or 1 by an inverse DCT of that size over its lowest frequencies,
 * as the Independent JPEG Group's library does since version 7; libjpeg-turbo's averages pixels instead. Coefficients
 * that count for nothing are not decoded one by one: of baseline files a table tells for twelve bits at once how many
 * symbols they hold and how many coefficients those take, of progressive ones 64 bits a block tell which are not zero,
 * and scans of nothing else are left out. Subsampled chroma is decoded at twice the scale of luma, and averaged along a
 * side that is not subsampled. Inks become RGB as Pillow's `convert("RGB")` makes it, without a profile.
 *
 * Within two levels of `jpegReference`. Holds its memory, which grows to the largest file seen: one a worker is enough.
 * Not re-entrant.
 */
export class JpegReducer {
  readonly #instance = new KernelInstance(compiledKernel(jpegWasm));
  readonly #setProgressive = this.#instance.kernel("setProgressive");
  readonly #fillTable = this.#instance.answer("fillTable");
  readonly #scaleAddress = this.#instance.answer("scaleAddress");
  readonly #describeStrip = this.#instance.kernel("describeStrip");
  readonly #describeColours = this.#instance.kernel("describeColours");
  readonly #describeComponent = this.#instance.kernel("describeComponent");
  readonly #useTables = this.#instance.kernel("useTables");
  readonly #clearBlocks = this.#instance.kernel("clearBlocks");
  readonly #addBlock = this.#instance.kernel("addBlock");
  readonly #beginScan = this.#instance.kernel("beginScan");
  readonly #endScan = this.#instance.answer("endScan");
  readonly #decodeBaseline = this.#instance.answer("decodeBaseline");
  readonly #decodeDc = this.#instance.answer("decodeDc");
  readonly #decodeAc = this.#instance.answer("decodeAc");
  readonly #writeProgressive = this.#instance.kernel("writeProgressive");

  /**
   * The image's pixels as stored, `width / reduction` x `height / reduction` rounded up: grey or RGB. "unfit" where chroma is
   * sampled other than in 4:4:4, 4:2:2, 4:4:0 or 4:2:0, or is subsampled and to be decoded whole, or more than `maxBytes` of
   * memory were needed; "damaged" where the bytes of a scan that is read are not in order, or are more than the image's.
   */
  reduce(
    file: Uint8Array,
    frame: JpegFrame,
    reduction: JpegReduction,
    maxBytes: number,
  ): ReducedJpeg | "unfit" | "damaged" {
    const reduced = reducedFrame(frame, reduction);
    if (reduced === undefined) return "unfit";
    const layout = layoutOf(frame, reduced, align(this.#instance.base, 16));
    if (layout.end > maxBytes) return "unfit";
    this.#instance.reserve(layout.end);
    this.#describe(frame, reduced, layout);
    const isWhole = frame.isProgressive
      ? this.#progressive(file, frame, reduced, layout)
      : this.#baseline(file, frame, reduced, layout);
    if (!isWhole) return "damaged";
    const { width, height, extent } = reduced;
    const channels = channelsOf(frame);
    return { width, height, channels, data: this.#instance.bytes(layout.target, width * height * channels), extent };
  }

  #describe(frame: JpegFrame, reduced: ReducedFrame, { planes, planeStride }: Layout): void {
    const [luma = 0, blue = 0, red = 0, black = 0] = planes;
    const [first] = reduced.components;
    const lumaRows = (first?.down ?? 0) * (first?.size ?? 0);
    const { columnShift, rowShift, components } = reduced;
    this.#describeStrip(luma, blue, red, black, planeStride, lumaRows, columnShift, rowShift);
    const isYcc = frame.colours === "ycc" || frame.colours === "ycck" ? 1 : 0;
    this.#describeColours(components.length, isYcc, frame.isInverted ? 1 : 0);
    for (const [index, { size }] of components.entries()) {
      const scales = coefficientScales(frame.components[index]?.steps ?? new Uint8Array(64), size);
      this.#instance.write(this.#scaleAddress(index), scales);
    }
    this.#setProgressive(frame.isProgressive ? 1 : 0);
  }

  #baseline(file: Uint8Array, frame: JpegFrame, reduced: ReducedFrame, layout: Layout): boolean {
    const [scan] = frame.scans;
    if (scan === undefined || !this.#fillTables(scan, layout)) return false;
    this.#clearBlocks();
    for (const { component, dcTable, acTable } of scan.components) {
      const of = reduced.components[component];
      if (of === undefined) return false;
      const { across, down, size } = of;
      for (let block = 0; block < across * down; block++) {
        const [column, row] = [block % across, Math.floor(block / across)];
        const out = (layout.planes[component] ?? 0) + (row * layout.planeStride + column) * size;
        this.#addBlock(component, dcTable, acTable, size, out, across * size, layout.planeStride);
      }
    }
    this.#begin(file, scan, layout);
    const { columns, rows, width, height } = reduced;
    if (this.#decodeBaseline(columns, rows, layout.target, width, height) !== 1) return false;
    const marker = this.#endScan();
    return marker > 0 && this.#instance.bytes(marker, 2).readUInt16BE() === endOfImage;
  }

  #progressive(file: Uint8Array, frame: JpegFrame, reduced: ReducedFrame, layout: Layout): boolean {
    for (const [component, { coefficients, masks, stride, blockBytes }] of layout.stored.entries()) {
      const { across = 0, down = 0, size = 0 } = reduced.components[component] ?? {};
      this.#describeComponent(component, coefficients, masks, stride, blockBytes, across, down, size);
    }
    const stored = layout.stored[0]?.coefficients ?? layout.target;
    this.#instance.bytes(stored, layout.target - stored).fill(0);
    const needed = neededCoefficients(frame.scans, reduced.components);
    for (const scan of frame.scans) {
      if (!this.#fillTables(scan, layout)) return false;
      const isNeeded = scan.components.some(({ component }) => scan.first <= (needed[component] ?? 0));
      if (isNeeded && !this.#progressiveScan(file, scan, reduced, layout)) return false;
    }
    const { columns, rows, width, height } = reduced;
    this.#writeProgressive(columns, rows, layout.target, width, height);
    return true;
  }

  #progressiveScan(file: Uint8Array, scan: JpegScan, reduced: ReducedFrame, layout: Layout): boolean {
    const [only, ...others] = scan.components;
    if (only === undefined) return false;
    for (const [index, { component, dcTable, acTable }] of scan.components.entries()) {
      // Whoever leaves one out in between is no encoder that we know.
      if (component !== only.component + index) return false;
      this.#useTables(component, dcTable, acTable);
    }
    const own = reduced.components[only.component];
    const isInterleaved = others.length > 0;
    const columns = isInterleaved ? reduced.columns : (own?.ownColumns ?? 0);
    const rows = isInterleaved ? reduced.rows : (own?.ownRows ?? 0);
    const isRefinement = scan.high > 0 ? 1 : 0;
    this.#begin(file, scan, layout);
    const isTaken =
      scan.first === 0
        ? this.#decodeDc(only.component, scan.components.length, columns, rows, isRefinement, scan.low)
        : this.#decodeAc(only.component, columns, rows, scan.first, scan.last, isRefinement, scan.low);
    return isTaken === 1 && this.#endScan() === layout.source + scan.to - scan.from;
  }

  #fillTables({ tables }: JpegScan, { source }: Layout): boolean {
    return tables.every(({ kind, index, counts, symbols }) => {
      this.#instance.write(source, counts);
      this.#instance.write(source + 16, symbols);
      return this.#fillTable((kind === "dc" ? 0 : 2) + index, source, source + 16) === 1;
    });
  }

  #begin(file: Uint8Array, { from, to, restartInterval }: JpegScan, { source, areaTop }: Layout): void {
    this.#instance.write(source, file.subarray(from, to));
    this.#beginScan(source, source + to - from, areaTop, restartInterval);
  }
}

function channelsOf({ components }: JpegFrame): 1 | 3 {
  return components.length === 1 ? 1 : 3;
}

function layoutOf(frame: JpegFrame, reduced: ReducedFrame, base: number): Layout {
  const { isProgressive, scans } = frame;
  const { components, columns, rows, width, height } = reduced;
  let free = base;
  const take = (bytes: number) => {
    const at = free;
    free = align(free + bytes + slackBytes, 16);
    return at;
  };
  const planeStride = align(
    Math.max(...components.map(({ across, size }) => columns * across * size)) + slackBytes,
    16,
  );
  const planes = components.map(({ down, size }) => take(planeStride * down * size));
  const stored = isProgressive ? components.map((component) => storedComponent(component, columns, rows, take)) : [];
  const target = take(width * height * channelsOf(frame));
  const longest = Math.max(16 + 256, ...scans.map(({ from, to }) => to - from));
  const source = take(longest);
  const areaTop = align(free + longest + entropySlackBytes, 16);
  return { planes, planeStride, stored, target, source, areaTop, end: areaTop + slackBytes };
}

function storedComponent(
  { across, down, size }: ReducedComponent,
  columns: number,
  rows: number,
  take: (bytes: number) => number,
): StoredComponent {
  const stride = columns * across;
  const blocks = stride * rows * down;
  const blockBytes = storedBytes.get(size) ?? 0;
  return { coefficients: take(blocks * blockBytes), masks: take(blocks * 8), stride, blockBytes };
}

/**
 * The last coefficient of each component up to which scans must be read. A scan that refines what counts has bits for all
 * that its band has so far, so that what was not zero must be known of all of it.
 */
function neededCoefficients(scans: readonly JpegScan[], components: readonly ReducedComponent[]): readonly number[] {
  return components.map(({ size }, index) => {
    let needed = [0, 4, 24, 63][Math.log2(size)] ?? 63;
    for (const { components: of, first, last, high } of scans.toReversed()) {
      if (high > 0 && first <= needed && of.some(({ component }) => component === index)) {
        needed = Math.max(needed, last);
      }
    }
    return needed;
  });
}
