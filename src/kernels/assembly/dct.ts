// AssemblyScript (compiled by scripts/build-kernels.ts), not TypeScript: usize, v128 and load/store are the language's own.
// Twin and oracle: ../pocketfft-dct.ts, whose order of products and sums this keeps. A lane a transform: two at once.

const radix2Twiddles: usize = memory.data<f64>([
  0.9807852804032304, 0.19509032201612825, 0.9238795325112867, 0.3826834323650898, 0.8314696123025452,
  0.5555702330196022, 0.7071067811865475, 0.7071067811865476, 0.5555702330196022, 0.8314696123025452,
  0.3826834323650898, 0.9238795325112867, 0.19509032201612825, 0.9807852804032304,
]);
const radix4Twiddles: usize = memory.data<f64>([
  0.9238795325112867, 0.3826834323650898, 0, 0.7071067811865475, 0.7071067811865476, 0, 0.3826834323650898,
  0.9238795325112867, 0,
]);
const halfTwiddles: usize = memory.data<f64>([
  0.9987954562051724, 0.9951847266721969, 0.989176509964781, 0.9807852804032304, 0.970031253194544, 0.9569403357322088,
  0.9415440651830208, 0.9238795325112867, 0.9039892931234433, 0.881921264348355, 0.8577286100002721, 0.8314696123025452,
  0.8032075314806449, 0.773010453362737, 0.7409511253549591, 0.7071067811865475, 0.6715589548470183, 0.6343932841636455,
  0.5956993044924332, 0.5555702330196022, 0.5141027441932217, 0.47139673682599753, 0.42755509343028203,
  0.38268343236508967, 0.33688985339221994, 0.2902846772544623, 0.24298017990326393, 0.19509032201612825,
  0.14673047445536164, 0.09801714032956049, 0.04906767432741799, 0,
]);

// 32 values of two transforms each, and the 32 x 32 numbers between columns and rows.
const first: usize = memory.data(512, 16);
const second: usize = memory.data(512, 16);
const grid: usize = memory.data(8192, 16);

function at(values: usize, index: i32): v128 {
  return v128.load(values + ((<usize>index) << 4));
}

function put(values: usize, index: i32, value: v128): void {
  v128.store(values + ((<usize>index) << 4), value);
}

function twiddle(table: usize, index: i32): v128 {
  return v128.load64_splat(table + ((<usize>index) << 3));
}

function twice(value: v128): v128 {
  return f64x2.mul(f64x2.splat(2), value);
}

/** Writes a complex value times a twiddle: imaginary part at `index`, real part before it. */
function putTurned(to: usize, index: i32, table: usize, place: i32, imaginary: v128, real: v128): void {
  const cosine: v128 = twiddle(table, place);
  const sine: v128 = twiddle(table, place + 1);
  put(to, index, f64x2.add(f64x2.mul(cosine, imaginary), f64x2.mul(sine, real)));
  put(to, index - 1, f64x2.sub(f64x2.mul(cosine, real), f64x2.mul(sine, imaginary)));
}

/** Radix 2 over the whole: 16 values each half. */
function backward2(from: usize, to: usize): void {
  put(to, 0, f64x2.add(at(from, 0), at(from, 31)));
  put(to, 16, f64x2.sub(at(from, 0), at(from, 31)));
  put(to, 15, twice(at(from, 15)));
  put(to, 31, f64x2.mul(f64x2.splat(-2), at(from, 16)));
  for (let i: i32 = 2; i < 16; i += 2) {
    const mirror: i32 = 32 - i;
    const real: v128 = f64x2.sub(at(from, i - 1), at(from, mirror - 1));
    const imaginary: v128 = f64x2.add(at(from, i), at(from, mirror));
    put(to, i - 1, f64x2.add(at(from, i - 1), at(from, mirror - 1)));
    put(to, i, f64x2.sub(at(from, i), at(from, mirror)));
    putTurned(to, 16 + i, radix2Twiddles, i - 2, imaginary, real);
  }
}

/** The middle value of a group of even length. */
function evenMiddle4(from: usize, to: usize, length: i32, groups: i32, group: i32): void {
  const source: usize = from + ((<usize>(length * 4 * group)) << 4);
  const target: i32 = length * group;
  const step: i32 = length * groups;
  const last: i32 = length - 1;
  const imaginarySum: v128 = f64x2.add(at(source, 3 * length), at(source, length));
  const imaginaryDifference: v128 = f64x2.sub(at(source, 3 * length), at(source, length));
  const realSum: v128 = f64x2.add(at(source, last), at(source, 2 * length + last));
  const realDifference: v128 = f64x2.sub(at(source, last), at(source, 2 * length + last));
  put(to, target + last, f64x2.add(realSum, realSum));
  put(to, target + step + last, f64x2.mul(f64x2.splat(1.4142135623730951), f64x2.sub(realDifference, imaginarySum)));
  put(to, target + 2 * step + last, f64x2.add(imaginaryDifference, imaginaryDifference));
  put(
    to,
    target + 3 * step + last,
    f64x2.mul(f64x2.splat(-1.4142135623730951), f64x2.add(realDifference, imaginarySum)),
  );
}

function butterfly4(from: usize, to: usize, i: i32, length: i32, groups: i32, group: i32): void {
  const q0: usize = from + ((<usize>(length * 4 * group)) << 4);
  const q1: usize = q0 + ((<usize>length) << 4);
  const q2: usize = q1 + ((<usize>length) << 4);
  const q3: usize = q2 + ((<usize>length) << 4);
  const mirror: i32 = length - i;
  const real02: v128 = f64x2.add(at(q0, i - 1), at(q3, mirror - 1));
  const real13: v128 = f64x2.sub(at(q0, i - 1), at(q3, mirror - 1));
  const imaginary13: v128 = f64x2.add(at(q0, i), at(q3, mirror));
  const imaginary02: v128 = f64x2.sub(at(q0, i), at(q3, mirror));
  const cross13: v128 = f64x2.add(at(q2, i), at(q1, mirror));
  const cross02: v128 = f64x2.sub(at(q2, i), at(q1, mirror));
  const pair02: v128 = f64x2.add(at(q2, i - 1), at(q1, mirror - 1));
  const pair13: v128 = f64x2.sub(at(q2, i - 1), at(q1, mirror - 1));
  const target: i32 = i + length * group;
  const step: i32 = length * groups;
  const place: i32 = i - 2;
  const last: i32 = length - 1;
  put(to, target - 1, f64x2.add(real02, pair02));
  put(to, target, f64x2.add(imaginary02, cross02));
  putTurned(to, target + step, radix4Twiddles, place, f64x2.add(imaginary13, pair13), f64x2.sub(real13, cross13));
  putTurned(
    to,
    target + 2 * step,
    radix4Twiddles,
    last + place,
    f64x2.sub(imaginary02, cross02),
    f64x2.sub(real02, pair02),
  );
  putTurned(
    to,
    target + 3 * step,
    radix4Twiddles,
    2 * last + place,
    f64x2.sub(imaginary13, pair13),
    f64x2.add(real13, cross13),
  );
}

/** Radix 4 over `groups` groups whose quarters hold `length` values. */
function backward4(from: usize, to: usize, length: i32, groups: i32): void {
  const step: i32 = length * groups;
  for (let group: i32 = 0; group < groups; group++) {
    const source: usize = from + ((<usize>(length * 4 * group)) << 4);
    const target: i32 = length * group;
    const end: i32 = 3 * length + length - 1;
    const sum: v128 = f64x2.add(at(source, 0), at(source, end));
    const difference: v128 = f64x2.sub(at(source, 0), at(source, end));
    const middle: v128 = twice(at(source, 2 * length - 1));
    const odd: v128 = twice(at(source, 2 * length));
    put(to, target, f64x2.add(sum, middle));
    put(to, target + 2 * step, f64x2.sub(sum, middle));
    put(to, target + 3 * step, f64x2.add(difference, odd));
    put(to, target + step, f64x2.sub(difference, odd));
    if (length % 2 != 0) continue;
    evenMiddle4(from, to, length, groups, group);
    for (let i: i32 = 2; i < length; i += 2) butterfly4(from, to, i, length, groups, group);
  }
}

/** Transforms the values in `first`; the answer lies in `second`. */
function transform(): void {
  put(first, 0, twice(at(first, 0)));
  put(first, 31, twice(at(first, 31)));
  for (let k: i32 = 1; k < 31; k += 2) {
    const here: v128 = at(first, k);
    const next: v128 = at(first, k + 1);
    put(first, k + 1, f64x2.sub(next, here));
    put(first, k, f64x2.add(next, here));
  }
  backward2(first, second);
  backward4(second, first, 4, 2);
  backward4(first, second, 1, 8);
  const half: v128 = f64x2.splat(0.5);
  for (let k: i32 = 1; k < 16; k++) {
    const mirror: i32 = 32 - k;
    const a: v128 = twiddle(halfTwiddles, k - 1);
    const b: v128 = twiddle(halfTwiddles, mirror - 1);
    const low: v128 = at(second, k);
    const high: v128 = at(second, mirror);
    const one: v128 = f64x2.add(f64x2.mul(a, high), f64x2.mul(b, low));
    const other: v128 = f64x2.sub(f64x2.mul(a, low), f64x2.mul(b, high));
    put(second, k, f64x2.mul(half, f64x2.add(one, other)));
    put(second, mirror, f64x2.mul(half, f64x2.sub(one, other)));
  }
  put(second, 16, f64x2.mul(at(second, 16), twiddle(halfTwiddles, 15)));
}

/** The 8 x 8 lowest coefficients, 64-bit floats at `target`, of the 32 x 32 bytes at `source`: columns first. */
export function lowFrequencies(source: usize, target: usize): void {
  for (let x: usize = 0; x < 32; x += 2) {
    for (let y: usize = 0; y < 32; y++) {
      const bytes: usize = source + y * 32 + x;
      const pair: v128 = f64x2.replace_lane(f64x2.splat(<f64>load<u8>(bytes)), 1, <f64>load<u8>(bytes, 1));
      v128.store(first + (y << 4), pair);
    }
    transform();
    for (let y: usize = 0; y < 8; y++) v128.store(grid + ((y * 32 + x) << 3), v128.load(second + (y << 4)));
  }
  for (let y: usize = 0; y < 8; y += 2) {
    const row: usize = grid + ((y * 32) << 3);
    for (let x: usize = 0; x < 32; x++) {
      const above: v128 = v128.load64_zero(row + (x << 3));
      v128.store(first + (x << 4), v128.load64_lane(row + (x << 3) + 256, above, 1));
    }
    transform();
    for (let x: usize = 0; x < 8; x++) {
      const pair: v128 = v128.load(second + (x << 4));
      store<f64>(target + ((y * 8 + x) << 3), f64x2.extract_lane(pair, 0));
      store<f64>(target + ((y * 8 + 8 + x) << 3), f64x2.extract_lane(pair, 1));
    }
  }
}
