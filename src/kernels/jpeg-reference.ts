import {
  type BaselineScan,
  type HuffmanTable,
  type JpegReduction,
  type ScannedComponent,
  zigzag,
} from "./jpeg-reducer.ts";

interface Plane {
  /** Pixels a side of its blocks. */
  readonly size: number;
  readonly width: number;
  readonly values: Float64Array;
}

/**
 * What `JpegReducer` does, bit by bit and in double precision: its oracle in tests. Throws where the bits are no image.
 * Takes tens of milliseconds for some thousand pixels.
 */
export function jpegReference(file: Uint8Array, scan: BaselineScan, reduction: JpegReduction): Uint8Array {
  const { components } = scan;
  const [across, down] = [components[0]?.across ?? 1, components[0]?.down ?? 1];
  const columns = Math.ceil(scan.width / (8 * across));
  const rows = Math.ceil(scan.height / (8 * down));
  const planes = components.map((component, index): Plane => {
    const size = (8 / reduction) * (index === 0 ? 1 : Math.max(across, down));
    const width = columns * component.across * size;
    return { size, width, values: new Float64Array(width * rows * component.down * size) };
  });
  const bits = new Bits(file, scan.from);
  let means = components.map(() => 0);
  for (let mcu = 0; mcu < columns * rows; mcu++) {
    if (scan.restartInterval > 0 && mcu > 0 && mcu % scan.restartInterval === 0) {
      bits.passRestart();
      means = components.map(() => 0);
    }
    for (const [index, component] of components.entries()) {
      for (let block = 0; block < component.across * component.down; block++) {
        const plane = planes[index];
        if (plane === undefined) throw new Error("a component has no plane");
        const coefficients = readBlock(bits, scan.tables, component, means[index] ?? 0);
        means[index] = coefficients[0] ?? 0;
        const left = ((mcu % columns) * component.across + (block % component.across)) * plane.size;
        const top = (Math.floor(mcu / columns) * component.down + Math.floor(block / component.across)) * plane.size;
        writeBlock(plane, left, top, coefficients, component.steps);
      }
    }
  }
  return pixelsOf(scan, planes, reduction);
}

/** Coefficients in the order of the file, the first one with the one before added. */
function readBlock(
  bits: Bits,
  tables: readonly HuffmanTable[],
  component: ScannedComponent,
  before: number,
): readonly number[] {
  const table = (kind: "dc" | "ac", index: number) => {
    const found = tables.find((one) => one.kind === kind && one.index === index);
    if (found === undefined) throw new Error(`there is no table ${kind} ${index}`);
    return found;
  };
  const coefficients = Array.from({ length: 64 }, () => 0);
  coefficients[0] = before + bits.value(bits.symbol(table("dc", component.dcTable)));
  const ac = table("ac", component.acTable);
  for (let index = 1; index < 64; index++) {
    const symbol = bits.symbol(ac);
    if (symbol === 0) break;
    index += symbol >> 4;
    if (index > 63) throw new Error("a run leaves its block");
    coefficients[index] = bits.value(symbol & 15);
  }
  return coefficients;
}

/** The inverse DCT of T.81, A.3.3, over the lowest frequencies alone. */
function writeBlock(
  { size, width, values }: Plane,
  left: number,
  top: number,
  coefficients: readonly number[],
  steps: Uint8Array,
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
      values[(top + y) * width + left + x] = Math.max(0, Math.min(255, Math.round(sum / 4 + 128)));
    }
  }
}

function cosine(place: number, frequency: number, size: number): number {
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * size));
}

function pixelsOf(scan: BaselineScan, planes: readonly Plane[], reduction: JpegReduction): Uint8Array {
  const [width, height] = [Math.ceil(scan.width / reduction), Math.ceil(scan.height / reduction)];
  const channels = planes.length;
  const pixels = new Uint8ClampedArray(width * height * channels);
  const [luma] = planes;
  if (luma === undefined) throw new Error("the image has no components");
  const rows = luma.values.length / luma.width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [grey = 0, blue = 0, red = 0] = planes.map((plane) => {
        const wide = plane.width / luma.width;
        const high = plane.values.length / plane.width / rows;
        return meanOf(plane, x * wide, y * high, wide, high);
      });
      const [cb, cr] = [blue - 128, red - 128];
      const rgb = [grey + 1.402 * cr, grey - 0.344136 * cb - 0.714136 * cr, grey + 1.772 * cb];
      pixels.set(channels === 1 ? [grey] : rgb, (y * width + x) * channels);
    }
  }
  return new Uint8Array(pixels);
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

  value(size: number): number {
    let value = 0;
    for (let bit = 0; bit < size; bit++) value = value * 2 + this.#bit();
    return size > 0 && value < 2 ** (size - 1) ? value - 2 ** size + 1 : value;
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
