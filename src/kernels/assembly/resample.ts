// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../resample-reference.ts. Callers lay memory out: see ../resampler.ts.

const PRECISION: i32 = 14;
const HALF: i32 = 1 << (PRECISION - 1);

// Zero-extends bytes (0, 3), (1, 4), (2, 5): two RGB pixels become three pairs of 16-bit lanes.
function firstPixelPair(pixels: v128): v128 {
  return v128.shuffle<u8>(pixels, i8x16.splat(0), 0, 16, 3, 16, 1, 16, 4, 16, 2, 16, 5, 16, 16, 16, 16, 16);
}

function secondPixelPair(pixels: v128): v128 {
  return v128.shuffle<u8>(pixels, i8x16.splat(0), 6, 16, 9, 16, 7, 16, 10, 16, 8, 16, 11, 16, 16, 16, 16, 16);
}

// Sums start at one half, so that shifting rounds.
function rounded(sum: v128): v128 {
  return i32x4.shr_s(sum, PRECISION);
}

// Taps up to the last pair that weighs anything.
function weighingTaps(weights: usize, taps: i32): i32 {
  let count: i32 = taps;
  while (count > 2 && load<i32>(weights + ((<usize>(count - 2)) << 1)) == 0) count -= 2;
  return count;
}

/**
 * Rows of `target` = weighted sums of rows of `source`. Sixteen bytes at once, whatever the channels;
 * reads and writes whole blocks of sixteen, so rows of `target` lie `targetStride` (a multiple of 16) apart.
 * `taps` is even. Row r uses source rows starts[r] .. starts[r] + taps - 1.
 */
export function resampleRows(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  rows: i32,
  starts: usize,
  weights: usize,
  taps: i32,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    const first: usize = source + <usize>load<i32>(starts + ((<usize>row) << 2)) * sourceStride;
    const rowWeights: usize = weights + ((<usize>row * <usize>taps) << 1);
    const rowTaps: i32 = weighingTaps(rowWeights, taps);
    const out: usize = target + <usize>row * targetStride;
    for (let column: usize = 0; column < targetStride; column += 16) {
      let sum0: v128 = i32x4.splat(HALF);
      let sum1: v128 = i32x4.splat(HALF);
      let sum2: v128 = i32x4.splat(HALF);
      let sum3: v128 = i32x4.splat(HALF);
      let at: usize = first + column;
      for (let tap: i32 = 0; tap < rowTaps; tap += 2) {
        const above: v128 = v128.load(at);
        const below: v128 = v128.load(at + sourceStride);
        const weightPair: v128 = v128.load32_splat(rowWeights + ((<usize>tap) << 1));
        const low: v128 = v128.shuffle<u8>(above, below, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const high: v128 = v128.shuffle<u8>(above, below, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(low), weightPair));
        sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(low), weightPair));
        sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(high), weightPair));
        sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(high), weightPair));
        at += sourceStride << 1;
      }
      const left: v128 = i16x8.narrow_i32x4_s(rounded(sum0), rounded(sum1));
      const right: v128 = i16x8.narrow_i32x4_s(rounded(sum2), rounded(sum3));
      v128.store(out + column, i8x16.narrow_i16x8_u(left, right));
    }
  }
}

// Saturated: four bytes a row, a pixel of each of four rows.
function packed(row0: v128, row1: v128, row2: v128, row3: v128): v128 {
  const upper: v128 = i16x8.narrow_i32x4_s(rounded(row0), rounded(row1));
  const lower: v128 = i16x8.narrow_i32x4_s(rounded(row2), rounded(row3));
  return i8x16.narrow_i16x8_u(upper, lower);
}

// Two pairs of taps of one row.
function weighed(sum: v128, pixels: v128, first: v128, second: v128): v128 {
  const pairs: v128 = i32x4.dot_i16x8_s(firstPixelPair(pixels), first);
  return i32x4.add(sum, i32x4.add(pairs, i32x4.dot_i16x8_s(secondPixelPair(pixels), second)));
}

/**
 * Columns of interleaved RGB, four rows at once: where `rows` is no multiple of four, up to three rows more are read and
 * written. `taps` is a multiple of four. Reads up to 16 bytes from a pixel's start.
 */
export function resampleColumnsRgb(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
  starts: usize,
  weights: usize,
  taps: i32,
): void {
  const last: i32 = columns - 1;
  for (let row: i32 = 0; row < rows; row += 4) {
    const line: usize = source + <usize>row * sourceStride;
    let out0: usize = target + <usize>row * targetStride;
    let columnWeights: usize = weights;
    for (let column: i32 = 0; column < columns; column++) {
      let at0: usize = line + <usize>load<i32>(starts + ((<usize>column) << 2)) * 3;
      let sum0: v128 = i32x4.splat(HALF);
      let sum1: v128 = sum0;
      let sum2: v128 = sum0;
      let sum3: v128 = sum0;
      for (let tap: i32 = 0; tap < taps; tap += 4) {
        const first: v128 = v128.load32_splat(columnWeights);
        const second: v128 = v128.load32_splat(columnWeights, 4);
        const at1: usize = at0 + sourceStride;
        const at2: usize = at1 + sourceStride;
        sum0 = weighed(sum0, v128.load(at0), first, second);
        sum1 = weighed(sum1, v128.load(at1), first, second);
        sum2 = weighed(sum2, v128.load(at2), first, second);
        sum3 = weighed(sum3, v128.load(at2 + sourceStride), first, second);
        at0 += 12;
        columnWeights += 8;
      }
      const pixels: v128 = packed(sum0, sum1, sum2, sum3);
      const out1: usize = out0 + targetStride;
      const out2: usize = out1 + targetStride;
      const out3: usize = out2 + targetStride;
      if (column < last) {
        // Four bytes, the last of which the next pixel overwrites.
        v128.store_lane<u32>(out0, pixels, 0);
        v128.store_lane<u32>(out1, pixels, 1);
        v128.store_lane<u32>(out2, pixels, 2);
        v128.store_lane<u32>(out3, pixels, 3);
      } else {
        v128.store_lane<u16>(out0, pixels, 0);
        v128.store_lane<u8>(out0, pixels, 2, 2);
        v128.store_lane<u16>(out1, pixels, 2);
        v128.store_lane<u8>(out1, pixels, 6, 2);
        v128.store_lane<u16>(out2, pixels, 4);
        v128.store_lane<u8>(out2, pixels, 10, 2);
        v128.store_lane<u16>(out3, pixels, 6);
        v128.store_lane<u8>(out3, pixels, 14, 2);
      }
      out0 += 3;
    }
  }
}

/** Columns of one channel. `taps` is a multiple of eight. */
export function resampleColumnsGrey(
  source: usize,
  sourceStride: usize,
  target: usize,
  targetStride: usize,
  rows: i32,
  columns: i32,
  starts: usize,
  weights: usize,
  taps: i32,
): void {
  for (let row: i32 = 0; row < rows; row++) {
    const line: usize = source + <usize>row * sourceStride;
    const out: usize = target + <usize>row * targetStride;
    let columnWeights: usize = weights;
    for (let column: i32 = 0; column < columns; column++) {
      let at: usize = line + <usize>load<i32>(starts + ((<usize>column) << 2));
      let sum: v128 = i32x4.splat(0);
      for (let tap: i32 = 0; tap < taps; tap += 8) {
        sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load_ext<u8>(at), v128.load(columnWeights)));
        at += 8;
        columnWeights += 16;
      }
      const total: i32 =
        i32x4.extract_lane(sum, 0) +
        i32x4.extract_lane(sum, 1) +
        i32x4.extract_lane(sum, 2) +
        i32x4.extract_lane(sum, 3);
      const value: i32 = (total + HALF) >> PRECISION;
      store<u8>(out + <usize>column, <u8>max<i32>(0, min<i32>(255, value)));
    }
  }
}
