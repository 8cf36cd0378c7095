// AssemblyScript: see ../jpeg.ts.

/**
 * Writes `rows` rows of `width` pixels: RGB from luma and two planes of chroma, or luma alone as it is. A plane of chroma
 * has twice the columns where `columnShift` is 1, and twice the rows where `rowShift` is: then two are averaged. Writes and
 * reads up to 16 pixels past the last one of each row.
 */
export function writeRows(
  luma: usize,
  blue: usize,
  red: usize,
  stride: usize,
  rows: i32,
  components: i32,
  columnShift: i32,
  rowShift: i32,
  target: usize,
  width: i32,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    const from: usize = luma + <usize>row * stride;
    const chroma: usize = ((<usize>row) << rowShift) * stride;
    const out: usize = target + <usize>row * <usize>width * <usize>components;
    if (components == 1) memory.copy(out, from, width);
    else writeRgb(from, blue + chroma, red + chroma, columnShift, rowShift == 0 ? 0 : stride, out, width);
  }
}

function writeRgb(
  luma: usize,
  blue: usize,
  red: usize,
  columnShift: i32,
  nextRow: usize,
  target: usize,
  width: i32,
): void {
  let out: usize = target;
  for (let column: usize = 0; column < <usize>width; column += 16) {
    const y: v128 = v128.load(luma + column);
    const cb: v128 = chromaAt(blue + (column << columnShift), columnShift, nextRow);
    const cr: v128 = chromaAt(red + (column << columnShift), columnShift, nextRow);
    const lumaLow: v128 = i16x8.shl(i16x8.extend_low_i8x16_u(y), 6);
    const lumaHigh: v128 = i16x8.shl(i16x8.extend_high_i8x16_u(y), 6);
    const blueLow: v128 = signed(i16x8.extend_low_i8x16_u(cb));
    const blueHigh: v128 = signed(i16x8.extend_high_i8x16_u(cb));
    const redLow: v128 = signed(i16x8.extend_low_i8x16_u(cr));
    const redHigh: v128 = signed(i16x8.extend_high_i8x16_u(cr));
    const r: v128 = i8x16.narrow_i16x8_u(redOf(lumaLow, redLow), redOf(lumaHigh, redHigh));
    const g: v128 = i8x16.narrow_i16x8_u(greenOf(lumaLow, blueLow, redLow), greenOf(lumaHigh, blueHigh, redHigh));
    const b: v128 = i8x16.narrow_i16x8_u(blueOf(lumaLow, blueLow), blueOf(lumaHigh, blueHigh));
    const first: v128 = v128.shuffle<u8>(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
    const second: v128 = v128.shuffle<u8>(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
    const third: v128 = v128.shuffle<u8>(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
    v128.store(out, v128.shuffle<u8>(first, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
    v128.store(out, v128.shuffle<u8>(second, b, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
    v128.store(out, v128.shuffle<u8>(third, b, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
    out += 48;
  }
}

// `nextRow` is 0 where there are no rows to average.
function chromaAt(from: usize, columnShift: i32, nextRow: usize): v128 {
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
