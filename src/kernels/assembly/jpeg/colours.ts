// AssemblyScript: see ../jpeg.ts.

const planes: usize = memory.data(16, 16);
/** Of the planes, between rows. */
export let stride: usize = 0;
export let componentCount: i32 = 0;
let lumaRows: i32 = 0;
let columnShift: i32 = 0;
let rowShift: i32 = 0;
let isYcc: bool = false;
let isInverted: bool = false;

/**
 * Where the planes of a row of MCUs are put together, in rows of `strideBytes`, of which the first and the fourth have
 * `rows`. The second and third have twice the columns where `columnsShift` is 1, and twice the rows where `rowsShift` is:
 * then two are averaged.
 */
export function describeStrip(
  first: usize,
  second: usize,
  third: usize,
  fourth: usize,
  strideBytes: usize,
  rows: i32,
  columnsShift: i32,
  rowsShift: i32,
): void {
  store<usize>(planes, first);
  store<usize>(planes, second, 4);
  store<usize>(planes, third, 8);
  store<usize>(planes, fourth, 12);
  stride = strideBytes;
  lumaRows = rows;
  columnShift = columnsShift;
  rowShift = rowsShift;
}

/** What the planes are: one of grey, three of YCbCr, four of inks, the first three of them as YCbCr where `ycc` is 1. */
export function describeColours(components: i32, ycc: i32, inverted: i32): void {
  componentCount = components;
  isYcc = ycc != 0;
  isInverted = inverted != 0;
}

export function planeAt(component: i32): usize {
  return load<usize>(planes + ((<usize>component) << 2));
}

/**
 * Writes the rows that the `row`-th row of MCUs has of an image of `width` x `height`: RGB, or grey as it is. Writes and
 * reads up to 16 pixels past the last one of each row.
 */
export function writeStrip(row: i32, target: usize, width: i32, height: i32): void {
  const first: i32 = row * lumaRows;
  const rows: i32 = min<i32>(lumaRows, height - first);
  const channels: i32 = componentCount == 1 ? 1 : 3;
  for (let line: i32 = 0; line < rows; line++) {
    const luma: usize = planeAt(0) + <usize>line * stride;
    const black: usize = componentCount == 4 ? planeAt(3) + <usize>line * stride : 0;
    const chroma: usize = ((<usize>line) << rowShift) * stride;
    const out: usize = target + <usize>(first + line) * <usize>(width * channels);
    if (channels == 1) memory.copy(out, luma, width);
    else writeRgb(luma, planeAt(1) + chroma, planeAt(2) + chroma, black, out, width);
  }
}

// `black` is 0 without.
function writeRgb(luma: usize, blue: usize, red: usize, black: usize, target: usize, width: i32): void {
  const nextRow: usize = rowShift == 0 ? 0 : stride;
  let out: usize = target;
  for (let column: usize = 0; column < <usize>width; column += 16) {
    let r: v128 = v128.load(luma + column);
    let g: v128 = chromaAt(blue + (column << columnShift), nextRow);
    let b: v128 = chromaAt(red + (column << columnShift), nextRow);
    if (isYcc) {
      const lumaLow: v128 = i16x8.shl(i16x8.extend_low_i8x16_u(r), 6);
      const lumaHigh: v128 = i16x8.shl(i16x8.extend_high_i8x16_u(r), 6);
      const blueLow: v128 = signed(i16x8.extend_low_i8x16_u(g));
      const blueHigh: v128 = signed(i16x8.extend_high_i8x16_u(g));
      const redLow: v128 = signed(i16x8.extend_low_i8x16_u(b));
      const redHigh: v128 = signed(i16x8.extend_high_i8x16_u(b));
      r = i8x16.narrow_i16x8_u(redOf(lumaLow, redLow), redOf(lumaHigh, redHigh));
      g = i8x16.narrow_i16x8_u(greenOf(lumaLow, blueLow, redLow), greenOf(lumaHigh, blueHigh, redHigh));
      b = i8x16.narrow_i16x8_u(blueOf(lumaLow, blueLow), blueOf(lumaHigh, blueHigh));
    }
    if (black != 0) {
      // Light is what inks leave. The first three of YCCK are the light's complement.
      const isLight: bool = isYcc != isInverted;
      const light: v128 = isInverted ? v128.load(black + column) : v128.not(v128.load(black + column));
      r = product(isLight ? r : v128.not(r), light);
      g = product(isLight ? g : v128.not(g), light);
      b = product(isLight ? b : v128.not(b), light);
    }
    const first: v128 = v128.shuffle<u8>(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    const second: v128 = v128.shuffle<u8>(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    const third: v128 = v128.shuffle<u8>(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    v128.store(out, v128.shuffle<u8>(first, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
    v128.store(out, v128.shuffle<u8>(second, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
    v128.store(out, v128.shuffle<u8>(third, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
    out += 48;
  }
}

// a * b / 255, rounded.
function product(a: v128, b: v128): v128 {
  const low: v128 = i16x8.extmul_low_i8x16_u(a, b);
  const high: v128 = i16x8.extmul_high_i8x16_u(a, b);
  return i8x16.narrow_i16x8_u(over255(low), over255(high));
}

function over255(value: v128): v128 {
  const sum: v128 = i16x8.add(value, i16x8.splat(128));
  return i16x8.shr_u(i16x8.add(i16x8.shr_u(sum, 8), sum), 8);
}

// `nextRow` is 0 where there are no rows to average.
function chromaAt(from: usize, nextRow: usize): v128 {
  if (columnShift == 0) return i8x16.avgr_u(v128.load(from), v128.load(from + nextRow));
  return i8x16.narrow_i16x8_u(pairs(v128.load(from)), pairs(v128.load(from, 16)));
}

function pairs(columns: v128): v128 {
  return i16x8.shr_u(i16x8.add(i16x8.extadd_pairwise_i8x16_u(columns), i16x8.splat(1)), 1);
}

// Levels around 0 in 1/64.
function signed(chroma: v128): v128 {
  return i16x8.shl(i16x8.sub(chroma, i16x8.splat(128)), 6);
}

function rounded(value: v128): v128 {
  return i16x8.shr_s(i16x8.add_sat_s(value, i16x8.splat(32)), 6);
}

// ITU-T T.871: R = Y + 1.402 Cr, G = Y - 0.344136 Cb - 0.714136 Cr, B = Y + 1.772 Cb. Factors in 1/32768, less one where they are larger.
function redOf(luma: v128, cr: v128): v128 {
  return rounded(i16x8.add_sat_s(i16x8.add_sat_s(luma, cr), i16x8.q15mulr_sat_s(cr, i16x8.splat(13173))));
}

function greenOf(luma: v128, cb: v128, cr: v128): v128 {
  const less: v128 = i16x8.add(
    i16x8.q15mulr_sat_s(cb, i16x8.splat(11277)),
    i16x8.q15mulr_sat_s(cr, i16x8.splat(23401)),
  );
  return rounded(i16x8.sub_sat_s(luma, less));
}

function blueOf(luma: v128, cb: v128): v128 {
  return rounded(i16x8.add_sat_s(i16x8.add_sat_s(luma, cb), i16x8.q15mulr_sat_s(cb, i16x8.splat(25297))));
}
