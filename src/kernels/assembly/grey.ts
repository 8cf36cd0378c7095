// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../grey-reference.ts. Callers lay memory out: see ../grey-plane.ts.

// Zero-extends red and green, then green and blue, of four pixels into pairs of 16-bit lanes.
function redGreenOfRgb(pixels: v128): v128 {
  return v128.shuffle<u8>(pixels, i8x16.splat(0), 0, 16, 1, 16, 3, 16, 4, 16, 6, 16, 7, 16, 9, 16, 10, 16);
}

function greenBlueOfRgb(pixels: v128): v128 {
  return v128.shuffle<u8>(pixels, i8x16.splat(0), 1, 16, 2, 16, 4, 16, 5, 16, 7, 16, 8, 16, 10, 16, 11, 16);
}

function redGreenOfRgba(pixels: v128): v128 {
  return v128.shuffle<u8>(pixels, i8x16.splat(0), 0, 16, 1, 16, 4, 16, 5, 16, 8, 16, 9, 16, 12, 16, 13, 16);
}

function greenBlueOfRgba(pixels: v128): v128 {
  return v128.shuffle<u8>(pixels, i8x16.splat(0), 1, 16, 2, 16, 5, 16, 6, 16, 9, 16, 10, 16, 13, 16, 14, 16);
}

function greyOf(redGreen: v128, greenBlue: v128, redWeights: v128, blueWeights: v128, half: v128, shift: i32): v128 {
  const red: v128 = i32x4.dot_i16x8_s(redGreen, redWeights);
  const blue: v128 = i32x4.dot_i16x8_s(greenBlue, blueWeights);
  return i32x4.shr_u(i32x4.add(i32x4.add(red, blue), half), shift);
}

/**
 * Grey of `count` pixels. A weight of green above 15 bits would not fit a lane, so each pair has a part of it:
 * `redWeights` holds red and some of green, `blueWeights` the rest of green and blue. Reads and writes whole blocks of
 * sixteen pixels, and four bytes more.
 */
export function greyFromRgb(
  source: usize,
  target: usize,
  count: i32,
  redWeights: i32,
  blueWeights: i32,
  shift: i32,
): void {
  const red: v128 = i32x4.splat(redWeights);
  const blue: v128 = i32x4.splat(blueWeights);
  const half: v128 = i32x4.splat(1 << (shift - 1));
  let at: usize = source;
  for (let pixel: i32 = 0; pixel < count; pixel += 16) {
    const p0: v128 = v128.load(at);
    const p1: v128 = v128.load(at, 12);
    const p2: v128 = v128.load(at, 24);
    const p3: v128 = v128.load(at, 36);
    const g0: v128 = greyOf(redGreenOfRgb(p0), greenBlueOfRgb(p0), red, blue, half, shift);
    const g1: v128 = greyOf(redGreenOfRgb(p1), greenBlueOfRgb(p1), red, blue, half, shift);
    const g2: v128 = greyOf(redGreenOfRgb(p2), greenBlueOfRgb(p2), red, blue, half, shift);
    const g3: v128 = greyOf(redGreenOfRgb(p3), greenBlueOfRgb(p3), red, blue, half, shift);
    const words: v128 = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(g0, g1), i16x8.narrow_i32x4_s(g2, g3));
    v128.store(target + <usize>pixel, words);
    at += 48;
  }
}

/** As greyFromRgb; alpha is not looked at. */
export function greyFromRgba(
  source: usize,
  target: usize,
  count: i32,
  redWeights: i32,
  blueWeights: i32,
  shift: i32,
): void {
  const red: v128 = i32x4.splat(redWeights);
  const blue: v128 = i32x4.splat(blueWeights);
  const half: v128 = i32x4.splat(1 << (shift - 1));
  let at: usize = source;
  for (let pixel: i32 = 0; pixel < count; pixel += 16) {
    const p0: v128 = v128.load(at);
    const p1: v128 = v128.load(at, 16);
    const p2: v128 = v128.load(at, 32);
    const p3: v128 = v128.load(at, 48);
    const g0: v128 = greyOf(redGreenOfRgba(p0), greenBlueOfRgba(p0), red, blue, half, shift);
    const g1: v128 = greyOf(redGreenOfRgba(p1), greenBlueOfRgba(p1), red, blue, half, shift);
    const g2: v128 = greyOf(redGreenOfRgba(p2), greenBlueOfRgba(p2), red, blue, half, shift);
    const g3: v128 = greyOf(redGreenOfRgba(p3), greenBlueOfRgba(p3), red, blue, half, shift);
    const words: v128 = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(g0, g1), i16x8.narrow_i32x4_s(g2, g3));
    v128.store(target + <usize>pixel, words);
    at += 64;
  }
}

// Four tables in turn: a run of equal levels would otherwise wait for its own last increment.
function count(table: usize, level: u32): void {
  const at: usize = table + ((<usize>level) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** How often each level occurs: 256 counters of 32 bits at `tables`, which has room for four times as many. */
export function histogram(source: usize, length: i32, tables: usize): void {
  memory.fill(tables, 0, 4096);
  let at: i32 = 0;
  for (; at + 4 <= length; at += 4) {
    const levels: u32 = load<u32>(source + <usize>at);
    count(tables, levels & 255);
    count(tables + 1024, (levels >> 8) & 255);
    count(tables + 2048, (levels >> 16) & 255);
    count(tables + 3072, levels >> 24);
  }
  for (; at < length; at++) count(tables, load<u8>(source + <usize>at));
  for (let level: usize = 0; level < 1024; level += 16) {
    const first: v128 = i32x4.add(v128.load(tables + level), v128.load(tables + level, 1024));
    const second: v128 = i32x4.add(v128.load(tables + level, 2048), v128.load(tables + level, 3072));
    v128.store(tables + level, i32x4.add(first, second));
  }
}

// Pixels between two flushes: squares of 1020 in pairs stay below 31 bits.
const FLUSH: i32 = 4096;

let sum: f64 = 0;
let squares: f64 = 0;

function total(lanes: v128): f64 {
  return (
    <f64>i32x4.extract_lane(lanes, 0) +
    <f64>i32x4.extract_lane(lanes, 1) +
    <f64>i32x4.extract_lane(lanes, 2) +
    <f64>i32x4.extract_lane(lanes, 3)
  );
}

function addPixel(row: usize, above: usize, below: usize, x: i32, left: i32, right: i32): void {
  const at: usize = <usize>x;
  const value: i32 =
    <i32>load<u8>(above + at) +
    <i32>load<u8>(below + at) +
    <i32>load<u8>(row + <usize>left) +
    <i32>load<u8>(row + <usize>right) -
    4 * <i32>load<u8>(row + at);
  sum += <f64>value;
  squares += <f64>(value * value);
}

// Pixels `from` to `to` in eights; answers the first that it left.
function addInside(row: usize, above: usize, below: usize, from: i32, to: i32): i32 {
  let x: i32 = from;
  while (x + 8 <= to) {
    const end: i32 = min<i32>(to, x + FLUSH);
    let sums: v128 = i32x4.splat(0);
    let products: v128 = i32x4.splat(0);
    for (; x + 8 <= end; x += 8) {
      const at: usize = <usize>x;
      const vertical: v128 = i16x8.add(v128.load_ext<u8>(above + at), v128.load_ext<u8>(below + at));
      const horizontal: v128 = i16x8.add(v128.load_ext<u8>(row + at - 1), v128.load_ext<u8>(row + at + 1));
      const middle: v128 = i16x8.shl(v128.load_ext<u8>(row + at), 2);
      const value: v128 = i16x8.sub(i16x8.add(vertical, horizontal), middle);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(value));
      products = i32x4.add(products, i32x4.dot_i16x8_s(value, value));
    }
    sum += total(sums);
    squares += total(products);
  }
  return x;
}

/** Sum of the Laplacian and of its squares over a width x height image, as two 64-bit floats at `target`: exact. */
export function laplacian(source: usize, width: i32, height: i32, target: usize): void {
  sum = 0;
  squares = 0;
  const secondLast: i32 = max<i32>(0, width - 2);
  for (let y: i32 = 0; y < height; y++) {
    const row: usize = source + <usize>y * <usize>width;
    const over: i32 = y > 0 ? y - 1 : min<i32>(1, height - 1);
    const under: i32 = y < height - 1 ? y + 1 : max<i32>(0, height - 2);
    const above: usize = source + <usize>over * <usize>width;
    const below: usize = source + <usize>under * <usize>width;
    const second: i32 = min<i32>(1, width - 1);
    addPixel(row, above, below, 0, second, second);
    let x: i32 = addInside(row, above, below, 1, width - 1);
    for (; x < width - 1; x++) addPixel(row, above, below, x, x - 1, x + 1);
    if (width > 1) addPixel(row, above, below, width - 1, secondLast, secondLast);
  }
  store<f64>(target, sum);
  store<f64>(target, squares, 8);
}

const PRECISION: i32 = 22;
const LOW_BITS: i32 = 11;
const HALF: i32 = 1 << (PRECISION - 1);

// Weights of 23 bits do not fit lanes of 16: sums of their upper and of their lower half are put together here.
function joined(high: v128, low: v128): v128 {
  return i32x4.add(i32x4.shl(high, LOW_BITS), low);
}

/**
 * Each row of `source` weighed to `columns` bytes. Column c takes counts[c] pixels from starts[c] on; its weights
 * lie `longest` (a multiple of eight) apart, as the upper and the lower half of 22-bit fixed point. Reads up to seven
 * bytes past a row, by zero weights only.
 */
export function lanczosColumns(
  source: usize,
  sourceStride: usize,
  target: usize,
  rows: i32,
  columns: i32,
  starts: usize,
  counts: usize,
  high: usize,
  low: usize,
  longest: i32,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    const line: usize = source + <usize>row * sourceStride;
    for (let column: i32 = 0; column < columns; column++) {
      const count: usize = (<usize>load<i32>(counts + ((<usize>column) << 2)) + 7) & ~7;
      const weights: usize = (<usize>(column * longest)) << 1;
      let at: usize = line + <usize>load<i32>(starts + ((<usize>column) << 2));
      let highs: v128 = i32x4.splat(0);
      let lows: v128 = i32x4.splat(0);
      for (let tap: usize = 0; tap < count << 1; tap += 16) {
        const pixels: v128 = v128.load_ext<u8>(at);
        highs = i32x4.add(highs, i32x4.dot_i16x8_s(pixels, v128.load(high + weights + tap)));
        lows = i32x4.add(lows, i32x4.dot_i16x8_s(pixels, v128.load(low + weights + tap)));
        at += 8;
      }
      const sums: v128 = joined(highs, lows);
      const value: i32 =
        (i32x4.extract_lane(sums, 0) +
          i32x4.extract_lane(sums, 1) +
          i32x4.extract_lane(sums, 2) +
          i32x4.extract_lane(sums, 3) +
          HALF) >>
        PRECISION;
      store<u8>(target + <usize>row * <usize>columns + <usize>column, <u8>max<i32>(0, min<i32>(255, value)));
    }
  }
}

/** The bytes of two rows as pairs of 16-bit lanes: of the first four columns, or of the last four of eight. */
function firstPairs(above: v128, below: v128): v128 {
  return v128.shuffle<u8>(above, below, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
}

function lastPairs(above: v128, below: v128): v128 {
  return v128.shuffle<u8>(above, below, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}

/** As lanczosColumns, down the columns. Reads up to one row past the last, writes up to seven bytes past it. */
export function lanczosRows(
  source: usize,
  width: usize,
  target: usize,
  rows: i32,
  starts: usize,
  counts: usize,
  high: usize,
  low: usize,
  longest: i32,
): void {
  const half: v128 = i32x4.splat(HALF);
  for (let row: i32 = 0; row < rows; row++) {
    const first: usize = source + <usize>load<i32>(starts + ((<usize>row) << 2)) * width;
    const count: usize = (<usize>load<i32>(counts + ((<usize>row) << 2)) + 1) & ~1;
    const weights: usize = (<usize>(row * longest)) << 1;
    for (let column: usize = 0; column < width; column += 8) {
      let firstHighs: v128 = i32x4.splat(0);
      let firstLows: v128 = half;
      let lastHighs: v128 = i32x4.splat(0);
      let lastLows: v128 = half;
      let at: usize = first + column;
      for (let tap: usize = 0; tap < count << 1; tap += 4) {
        const above: v128 = v128.load_ext<u8>(at);
        const below: v128 = v128.load_ext<u8>(at + width);
        const highPair: v128 = v128.load32_splat(high + weights + tap);
        const lowPair: v128 = v128.load32_splat(low + weights + tap);
        const start: v128 = firstPairs(above, below);
        const end: v128 = lastPairs(above, below);
        firstHighs = i32x4.add(firstHighs, i32x4.dot_i16x8_s(start, highPair));
        firstLows = i32x4.add(firstLows, i32x4.dot_i16x8_s(start, lowPair));
        lastHighs = i32x4.add(lastHighs, i32x4.dot_i16x8_s(end, highPair));
        lastLows = i32x4.add(lastLows, i32x4.dot_i16x8_s(end, lowPair));
        at += width << 1;
      }
      const left: v128 = i32x4.shr_s(joined(firstHighs, firstLows), PRECISION);
      const right: v128 = i32x4.shr_s(joined(lastHighs, lastLows), PRECISION);
      const words: v128 = i16x8.narrow_i32x4_s(left, right);
      v128.store64_lane(target + <usize>row * width + column, i8x16.narrow_i16x8_u(words, words), 0);
    }
  }
}
