// AssemblyScript: see ../jpeg.ts.

// Places of coefficients in the order of a file, columns before rows: what the passes below leave are then rows.
const places: usize = memory.data<u8>([
  0, 8, 1, 2, 9, 16, 24, 17, 10, 3, 4, 11, 18, 25, 32, 40, 33, 26, 19, 12, 5, 6, 13, 20, 27, 34, 41, 48, 56, 49, 42, 35,
  28, 21, 14, 7, 15, 22, 29, 36, 43, 50, 57, 58, 51, 44, 37, 30, 23, 31, 38, 45, 52, 59, 60, 53, 46, 39, 47, 54, 61, 62,
  55, 63,
]);

const scales: usize = memory.data(1024, 16);
const coefficients: usize = memory.data(256, 16);
const turned: usize = memory.data(256, 16);

/** 64 numbers of 32 bits by which a component's coefficients, in the order of a file, are multiplied. */
export function scaleAddress(component: i32): usize {
  return scales + ((<usize>component) << 8);
}

/** The last coefficient, in the order of a file, of which `size` x `size` pixels need to know. */
export function lastThatCounts(size: i32): i32 {
  return size == 1 ? 0 : size == 2 ? 4 : size == 4 ? 24 : 63;
}

export function clearCoefficients(size: i32): void {
  if (size == 2) {
    store<f32>(coefficients, 0, 4);
    store<u64>(coefficients, 0, 32);
  } else if (size == 4) {
    const zero: v128 = i32x4.splat(0);
    v128.store(coefficients, zero);
    v128.store(coefficients, zero, 32);
    v128.store(coefficients, zero, 64);
    v128.store(coefficients, zero, 96);
  } else if (size == 8) {
    memory.fill(coefficients, 0, 256);
  }
}

/** The DC coefficient: pixels lie around 128. One half more, so that cutting the fraction off rounds. */
export function putMean(level: i32, scale: usize): void {
  store<f32>(coefficients, <f32>level * load<f32>(scale) + 128.5);
}

export function putCoefficient(index: i32, value: i32, scale: usize): void {
  const place: usize = load<u8>(places + <usize>index);
  store<f32>(coefficients + (place << 2), <f32>value * load<f32>(scale + ((<usize>index) << 2)));
}

/** Writes the block's pixels. */
export function inverse(size: i32, out: usize, stride: usize): void {
  if (size == 8) inverse8(out, stride);
  else if (size == 4) inverse4(out, stride);
  else if (size == 2) inverse2(out, stride);
  else store<u8>(out, pixel(load<f32>(coefficients)));
}

function pixel(value: f32): u8 {
  return <u8>max<i32>(0, min<i32>(255, <i32>value));
}

function pixels(low: v128, high: v128): v128 {
  return i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(low), i32x4.trunc_sat_f32x4_s(high));
}

function inverse2(out: usize, stride: usize): void {
  const mean: f32 = load<f32>(coefficients);
  const down: f32 = load<f32>(coefficients, 4);
  const across: f32 = load<f32>(coefficients, 32);
  const both: f32 = load<f32>(coefficients, 36);
  store<u8>(out, pixel(mean + down + (across + both)));
  store<u8>(out, pixel(mean + down - (across + both)), 1);
  store<u8>(out + stride, pixel(mean - down + (across - both)));
  store<u8>(out + stride, pixel(mean - down - (across - both)), 1);
}

function at(base: usize, row: usize): v128 {
  return v128.load(base + (row << 5));
}

function put(base: usize, row: usize, value: v128): void {
  v128.store(base + (row << 5), value);
}

function times(value: v128, factor: f32): v128 {
  return f32x4.mul(value, f32x4.splat(factor));
}

// Four transforms of four, a lane each: cosines of pi/8 and 3 pi/8 over the root of 2.
function pass4(base: usize): void {
  const even: v128 = f32x4.add(at(base, 0), at(base, 2));
  const odd: v128 = f32x4.sub(at(base, 0), at(base, 2));
  const outer: v128 = f32x4.add(times(at(base, 1), 0.6532814824381883), times(at(base, 3), 0.27059805007309845));
  const inner: v128 = f32x4.sub(times(at(base, 1), 0.27059805007309845), times(at(base, 3), 0.6532814824381883));
  put(base, 0, f32x4.add(even, outer));
  put(base, 1, f32x4.add(odd, inner));
  put(base, 2, f32x4.sub(odd, inner));
  put(base, 3, f32x4.sub(even, outer));
}

// Rows become columns, of 4 x 4.
function turn(from: usize, to: usize): void {
  const upperLeft: v128 = v128.shuffle<u32>(at(from, 0), at(from, 1), 0, 4, 1, 5);
  const upperRight: v128 = v128.shuffle<u32>(at(from, 0), at(from, 1), 2, 6, 3, 7);
  const lowerLeft: v128 = v128.shuffle<u32>(at(from, 2), at(from, 3), 0, 4, 1, 5);
  const lowerRight: v128 = v128.shuffle<u32>(at(from, 2), at(from, 3), 2, 6, 3, 7);
  put(to, 0, v128.shuffle<u64>(upperLeft, lowerLeft, 0, 2));
  put(to, 1, v128.shuffle<u64>(upperLeft, lowerLeft, 1, 3));
  put(to, 2, v128.shuffle<u64>(upperRight, lowerRight, 0, 2));
  put(to, 3, v128.shuffle<u64>(upperRight, lowerRight, 1, 3));
}

function inverse4(out: usize, stride: usize): void {
  pass4(coefficients);
  turn(coefficients, turned);
  pass4(turned);
  const upper: v128 = pixels(at(turned, 0), at(turned, 1));
  const block: v128 = i8x16.narrow_i16x8_u(upper, pixels(at(turned, 2), at(turned, 3)));
  v128.store_lane<u32>(out, block, 0);
  v128.store_lane<u32>(out + stride, block, 1);
  v128.store_lane<u32>(out + stride * 2, block, 2);
  v128.store_lane<u32>(out + stride * 3, block, 3);
}

// Arai, Agui, Nakajima 1988: four transforms of eight, a lane each, whose other factors the scales have.
function pass8(base: usize): void {
  const sum: v128 = f32x4.add(at(base, 0), at(base, 4));
  const difference: v128 = f32x4.sub(at(base, 0), at(base, 4));
  const side: v128 = f32x4.add(at(base, 2), at(base, 6));
  const tilt: v128 = f32x4.sub(times(f32x4.sub(at(base, 2), at(base, 6)), 1.4142135623730951), side);
  const even0: v128 = f32x4.add(sum, side);
  const even1: v128 = f32x4.add(difference, tilt);
  const even2: v128 = f32x4.sub(difference, tilt);
  const even3: v128 = f32x4.sub(sum, side);
  const inner: v128 = f32x4.add(at(base, 5), at(base, 3));
  const innerTilt: v128 = f32x4.sub(at(base, 5), at(base, 3));
  const outer: v128 = f32x4.add(at(base, 1), at(base, 7));
  const outerTilt: v128 = f32x4.sub(at(base, 1), at(base, 7));
  const turn: v128 = times(f32x4.add(innerTilt, outerTilt), 1.8477590650225735);
  const odd0: v128 = f32x4.add(outer, inner);
  const odd1: v128 = f32x4.sub(f32x4.sub(turn, times(innerTilt, 2.613125929752753)), odd0);
  const odd2: v128 = f32x4.sub(times(f32x4.sub(outer, inner), 1.4142135623730951), odd1);
  const odd3: v128 = f32x4.sub(f32x4.sub(turn, times(outerTilt, 1.0823922002923938)), odd2);
  put(base, 0, f32x4.add(even0, odd0));
  put(base, 1, f32x4.add(even1, odd1));
  put(base, 2, f32x4.add(even2, odd2));
  put(base, 3, f32x4.add(even3, odd3));
  put(base, 4, f32x4.sub(even3, odd3));
  put(base, 5, f32x4.sub(even2, odd2));
  put(base, 6, f32x4.sub(even1, odd1));
  put(base, 7, f32x4.sub(even0, odd0));
}

function inverse8(out: usize, stride: usize): void {
  pass8(coefficients);
  pass8(coefficients + 16);
  turn(coefficients, turned);
  turn(coefficients + 16, turned + 128);
  turn(coefficients + 128, turned + 16);
  turn(coefficients + 144, turned + 144);
  pass8(turned);
  pass8(turned + 16);
  for (let row: usize = 0; row < 8; row += 2) {
    const upper: v128 = pixels(at(turned, row), at(turned + 16, row));
    const rows: v128 = i8x16.narrow_i16x8_u(upper, pixels(at(turned, row + 1), at(turned + 16, row + 1)));
    v128.store_lane<u64>(out + stride * row, rows, 0);
    v128.store_lane<u64>(out + stride * (row + 1), rows, 1);
  }
}
