import {
  type HuffmanTable,
  type JpegFrame,
  type JpegReduction,
  type JpegScan,
  reducedFrame,
  zigzag,
} from "./jpeg-frame.ts";

interface Plane {
  /** Pixels a side of its blocks. */
  readonly size: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** Coefficients of a component's blocks, in the order of the file. */
interface Blocks {
  readonly columns: number;
  readonly coefficients: readonly number[][];
}

/**
 * What `JpegReducer` does, bit by bit and in double precision: its oracle in tests. Throws where the bits are no image.
 * Takes tens of milliseconds for some thousand pixels. `tilt` is added to the levels of each component before they are
 * rounded: a little up or down decides all that lie halfway, whatever the last bit of a calculation.
 */
export function jpegReference(file: Uint8Array, frame: JpegFrame, reduction: JpegReduction, tilt = 0): Uint8Array {
  const reduced = reducedFrame(frame, reduction);
  if (reduced === undefined) throw new Error("chroma is sampled in an unknown way");
  const blocks = reduced.components.map(({ across, down }): Blocks => {
    const columns = reduced.columns * across;
    const zeros = () => Array.from({ length: 64 }, () => 0);
    return { columns, coefficients: Array.from({ length: columns * reduced.rows * down }, zeros) };
  });
  const tables = new Map<string, HuffmanTable>();
  for (const scan of frame.scans) {
    for (const table of scan.tables) tables.set(`${table.kind}${table.index}`, table);
    new ScanReader(file, scan, tables, frame.isProgressive).read(blocks, reduced);
  }
  const planes = reduced.components.map(({ size }, index): Plane => {
    const { columns, coefficients } = blocks[index] ?? { columns: 0, coefficients: [] };
    const plane = { size, width: columns * size, values: new Float64Array(coefficients.length * size * size) };
    for (const [block, values] of coefficients.entries()) {
      const [left, top] = [(block % columns) * size, Math.floor(block / columns) * size];
      writeBlock(plane, left, top, values, frame.components[index]?.steps ?? new Uint8Array(), tilt);
    }
    return plane;
  });
  return pixelsOf(frame, reduced.width, reduced.height, planes);
}

/** One scan, as F.2 and G.2 of T.81 read it. */
class ScanReader {
  readonly #bits: Bits;
  readonly #scan: JpegScan;
  readonly #tables: ReadonlyMap<string, HuffmanTable>;
  readonly #isProgressive: boolean;
  #means = [0, 0, 0, 0];
  #emptyBlocks = 0;

  constructor(file: Uint8Array, scan: JpegScan, tables: ReadonlyMap<string, HuffmanTable>, isProgressive: boolean) {
    this.#bits = new Bits(file, scan.from);
    this.#scan = scan;
    this.#tables = tables;
    this.#isProgressive = isProgressive;
  }

  read(blocks: readonly Blocks[], reduced: NonNullable<ReturnType<typeof reducedFrame>>): void {
    const { components, restartInterval } = this.#scan;
    const isAlone = components.length === 1;
    const own = reduced.components[components[0]?.component ?? 0];
    const columns = isAlone ? (own?.ownColumns ?? 0) : reduced.columns;
    const rows = isAlone ? (own?.ownRows ?? 0) : reduced.rows;
    for (let mcu = 0; mcu < columns * rows; mcu++) {
      if (restartInterval > 0 && mcu > 0 && mcu % restartInterval === 0) {
        this.#bits.passRestart();
        this.#means = [0, 0, 0, 0];
        this.#emptyBlocks = 0;
      }
      for (const { component, dcTable, acTable } of components) {
        const of = blocks[component];
        const { across, down } = isAlone
          ? { across: 1, down: 1 }
          : (reduced.components[component] ?? { across: 0, down: 0 });
        for (let block = 0; block < across * down; block++) {
          const column = (mcu % columns) * across + (block % across);
          const row = Math.floor(mcu / columns) * down + Math.floor(block / across);
          const coefficients = of?.coefficients[row * of.columns + column];
          if (coefficients === undefined) throw new Error("the scan has more blocks than the image");
          this.#block(coefficients, component, `dc${dcTable}`, `ac${acTable}`);
        }
      }
    }
  }

  #block(coefficients: number[], component: number, dcTable: string, acTable: string): void {
    const { first, last, high, low } = this.#scan;
    if (first === 0 && high > 0) {
      coefficients[0] = (coefficients[0] ?? 0) + this.#bits.value(1, "plain") * 2 ** low;
    } else if (first === 0) {
      const mean = (this.#means[component] ?? 0) + this.#bits.value(this.#bits.symbol(this.#table(dcTable)));
      this.#means[component] = mean;
      coefficients[0] = mean * 2 ** low;
    }
    if (last > 0 && high === 0) this.#firstBits(coefficients, this.#table(acTable), Math.max(1, first));
    else if (last > 0) this.#furtherBits(coefficients, this.#table(acTable));
  }

  #firstBits(coefficients: number[], table: HuffmanTable, first: number): void {
    const { last, low } = this.#scan;
    if (this.#emptyBlocks > 0) {
      this.#emptyBlocks--;
      return;
    }
    for (let index = first; index <= last; index++) {
      const symbol = this.#bits.symbol(table);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        if (!this.#isProgressive && run > 0) throw new Error("only progressive files have runs of blocks");
        this.#emptyBlocks = 2 ** run - 1 + this.#bits.value(run, "plain");
        return;
      }
      index += run;
      if (index > last && size > 0) throw new Error("a run leaves its block");
      if (size > 0) coefficients[index] = this.#bits.value(size) * 2 ** low;
    }
  }

  #furtherBits(coefficients: number[], table: HuffmanTable): void {
    const { first, last, low } = this.#scan;
    let index = first;
    while (this.#emptyBlocks === 0 && index <= last) {
      const symbol = this.#bits.symbol(table);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        this.#emptyBlocks = 2 ** run + this.#bits.value(run, "plain");
        break;
      }
      const fresh = size === 0 ? 0 : this.#bits.value(size) * 2 ** low;
      for (let zeros = run; index <= last; index++) {
        if ((coefficients[index] ?? 0) !== 0) this.#refine(coefficients, index);
        else if (zeros-- === 0) break;
      }
      if (fresh !== 0 && index > last) throw new Error("a run leaves its band");
      if (fresh !== 0) coefficients[index] = fresh;
      index++;
    }
    if (this.#emptyBlocks === 0) return;
    for (; index <= last; index++) if ((coefficients[index] ?? 0) !== 0) this.#refine(coefficients, index);
    this.#emptyBlocks--;
  }

  #refine(coefficients: number[], index: number): void {
    const value = coefficients[index] ?? 0;
    coefficients[index] = value + this.#bits.value(1, "plain") * Math.sign(value) * 2 ** this.#scan.low;
  }

  #table(name: string): HuffmanTable {
    const found = this.#tables.get(name);
    if (found === undefined) throw new Error(`there is no table ${name}`);
    return found;
  }
}

/** The inverse DCT of T.81, A.3.3, over the lowest frequencies alone. */
function writeBlock(
  { size, width, values }: Plane,
  left: number,
  top: number,
  coefficients: readonly number[],
  steps: Uint8Array,
  tilt: number,
): void {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (const [index, [row, column]] of zigzag.entries()) {
        if (row >= size || column >= size) continue;
        const amplitude = (coefficients[index] ?? 0) * (steps[index] ?? 0);
        const wave = cosine(x, column, size) * cosine(y, row, size);
        sum += amplitude * wave * (row === 0 ? Math.SQRT1_2 : 1) * (column === 0 ? Math.SQRT1_2 : 1);
      }
      values[(top + y) * width + left + x] = Math.max(0, Math.min(255, Math.round(sum / 4 + 128 + tilt)));
    }
  }
}

function cosine(place: number, frequency: number, size: number): number {
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * size));
}

function pixelsOf(frame: JpegFrame, width: number, height: number, planes: readonly Plane[]): Uint8Array {
  const channels = planes.length === 1 ? 1 : 3;
  const pixels = new Uint8ClampedArray(width * height * channels);
  const [luma] = planes;
  if (luma === undefined) throw new Error("the image has no components");
  const rows = luma.values.length / luma.width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const values = planes.map((plane) => {
        const wide = plane.width / luma.width;
        const high = plane.values.length / plane.width / rows;
        return meanOf(plane, x * wide, y * high, wide, high);
      });
      pixels.set(colourOf(frame, values), (y * width + x) * channels);
    }
  }
  return new Uint8Array(pixels);
}

function colourOf({ colours, isInverted }: JpegFrame, values: readonly number[]): readonly number[] {
  const [first = 0, second = 0, third = 0, fourth = 0] = values;
  if (colours === "grey") return [first];
  const [cb, cr] = [second - 128, third - 128];
  const rgb = [first + 1.402 * cr, first - 0.344136 * cb - 0.714136 * cr, first + 1.772 * cb];
  if (colours === "ycc") return rgb;
  const clamped = [...Uint8ClampedArray.from(rgb)];
  // libjpeg's CMYK of YCCK is the complement of what YCbCr would be.
  const stored = [...(colours === "ycck" ? clamped.map((value) => 255 - value) : values.slice(0, 3)), fourth];
  const [cyan = 0, magenta = 0, yellow = 0, black = 0] = stored.map((value) => (isInverted ? 255 - value : value));
  return [cyan, magenta, yellow].map((ink) => Math.round(((255 - ink) * (255 - black)) / 255));
}

function meanOf(plane: Plane, left: number, top: number, wide: number, high: number): number {
  let sum = 0;
  for (let at = 0; at < wide * high; at++) {
    sum += plane.values[(top + Math.floor(at / wide)) * plane.width + left + (at % wide)] ?? 0;
  }
  return Math.round(sum / (wide * high));
}

/** Entropy-coded bits, one by one. */
class Bits {
  readonly #file: Uint8Array;
  #at: number;
  #left = 0;
  #byte = 0;

  constructor(file: Uint8Array, from: number) {
    this.#file = file;
    this.#at = from;
  }

  symbol({ counts, symbols }: HuffmanTable): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (const count of counts) {
      code = code * 2 + this.#bit();
      first *= 2;
      const symbol = code - first < count ? symbols[index + code - first] : undefined;
      if (symbol !== undefined) return symbol;
      first += count;
      index += count;
    }
    throw new Error("the bits are no code");
  }

  /** So many bits: `signed` as F.2.2.1 of T.81 extends them, or `plain`. */
  value(size: number, kind: "signed" | "plain" = "signed"): number {
    let value = 0;
    for (let bit = 0; bit < size; bit++) value = value * 2 + this.#bit();
    return kind === "signed" && size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
  }

  passRestart(): void {
    this.#left = 0;
    this.#at += 2;
  }

  #bit(): number {
    if (this.#left === 0) {
      this.#byte = this.#file[this.#at] ?? 0;
      this.#at += this.#byte === 0xff ? 2 : 1;
      this.#left = 8;
    }
    this.#left--;
    return (this.#byte >> this.#left) & 1;
  }
}
