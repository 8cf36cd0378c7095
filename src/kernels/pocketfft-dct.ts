/** What LowFrequencies computes, in plain TypeScript: the oracle of its tests. */
export function lowFrequenciesReference(pixels: Uint8Array): Float64Array {
  const columns = new Float64Array(32 * 32);
  for (let x = 0; x < 32; x++) {
    const line = Float64Array.from({ length: 32 }, (_, y) => pixels[y * 32 + x] ?? 0);
    for (const [y, value] of dct32(line).entries()) columns[y * 32 + x] = value;
  }
  const low = new Float64Array(8 * 8);
  for (let y = 0; y < 8; y++) low.set(dct32(columns.subarray(y * 32, (y + 1) * 32)).subarray(0, 8), y * 8);
  return low;
}

/**
 * The unnormalised DCT-II of 32 values as SciPy 1.17 computes it (`scipy.fftpack.dct`, which is pocketfft's real
 * transform with factors 2, 4, 4). Every product and sum is taken in pocketfft's order, so that results are equal
 * to the last bit: where a coefficient is zero but for rounding (flat or symmetric images) its sign decides hash bits.
 */
function dct32(values: Float64Array): Float64Array {
  const input = Float64Array.from(values);
  input[0] = at(input, 0) * 2;
  input[31] = at(input, 31) * 2;
  for (let k = 1; k < 31; k += 2) {
    const next = at(input, k + 1);
    input[k + 1] = next - at(input, k);
    input[k] = next + at(input, k);
  }
  const output = backward4(backward4(backward2(input), 4, 2, radix4Twiddles), 1, 8, noTwiddles);
  for (let k = 1, mirror = 31; k < 16; k++, mirror--) {
    const a = at(halfTwiddles, k - 1);
    const b = at(halfTwiddles, mirror - 1);
    const first = a * at(output, mirror) + b * at(output, k);
    const second = a * at(output, k) - b * at(output, mirror);
    output[k] = 0.5 * (first + second);
    output[mirror] = 0.5 * (first - second);
  }
  output[16] = at(output, 16) * at(halfTwiddles, 15);
  return output;
}

/** Radix 2 over the whole: 16 values each half. */
function backward2(from: Float64Array): Float64Array {
  const to = new Float64Array(32);
  to[0] = at(from, 0) + at(from, 31);
  to[16] = at(from, 0) - at(from, 31);
  to[15] = 2 * at(from, 15);
  to[31] = -2 * at(from, 16);
  for (let i = 2; i < 16; i += 2) {
    const mirror = 32 - i;
    const real = at(from, i - 1) - at(from, mirror - 1);
    const imaginary = at(from, i) + at(from, mirror);
    to[i - 1] = at(from, i - 1) + at(from, mirror - 1);
    to[i] = at(from, i) - at(from, mirror);
    store(to, 16 + i, radix2Twiddles, i - 2, imaginary, real);
  }
  return to;
}

/** Radix 4 over `groups` groups whose quarters hold `length` values. */
function backward4(from: Float64Array, length: number, groups: number, twiddles: Float64Array): Float64Array {
  const to = new Float64Array(32);
  for (let group = 0; group < groups; group++) {
    const source = (quarter: number, i: number) => at(from, i + length * (quarter + 4 * group));
    const target = (quarter: number, i: number) => i + length * (group + groups * quarter);
    const last = length - 1;
    const sum = source(0, 0) + source(3, last);
    const difference = source(0, 0) - source(3, last);
    const middle = 2 * source(1, last);
    const odd = 2 * source(2, 0);
    to[target(0, 0)] = sum + middle;
    to[target(2, 0)] = sum - middle;
    to[target(3, 0)] = difference + odd;
    to[target(1, 0)] = difference - odd;
    if (length % 2 !== 0) continue;
    const imaginarySum = source(3, 0) + source(1, 0);
    const imaginaryDifference = source(3, 0) - source(1, 0);
    const realSum = source(0, last) + source(2, last);
    const realDifference = source(0, last) - source(2, last);
    to[target(0, last)] = realSum + realSum;
    to[target(1, last)] = Math.SQRT2 * (realDifference - imaginarySum);
    to[target(2, last)] = imaginaryDifference + imaginaryDifference;
    to[target(3, last)] = -Math.SQRT2 * (realDifference + imaginarySum);
    for (let i = 2; i < length; i += 2) butterfly4(to, source, target, i, length, twiddles);
  }
  return to;
}

type Index = (quarter: number, i: number) => number;

function butterfly4(
  to: Float64Array,
  source: Index,
  target: Index,
  i: number,
  length: number,
  twiddles: Float64Array,
): void {
  const mirror = length - i;
  const real02 = source(0, i - 1) + source(3, mirror - 1);
  const real13 = source(0, i - 1) - source(3, mirror - 1);
  const imaginary13 = source(0, i) + source(3, mirror);
  const imaginary02 = source(0, i) - source(3, mirror);
  const cross13 = source(2, i) + source(1, mirror);
  const cross02 = source(2, i) - source(1, mirror);
  const pair02 = source(2, i - 1) + source(1, mirror - 1);
  const pair13 = source(2, i - 1) - source(1, mirror - 1);
  to[target(0, i - 1)] = real02 + pair02;
  to[target(0, i)] = imaginary02 + cross02;
  const step = length - 1;
  store(to, target(1, i), twiddles, i - 2, imaginary13 + pair13, real13 - cross13);
  store(to, target(2, i), twiddles, step + i - 2, imaginary02 - cross02, real02 - pair02);
  store(to, target(3, i), twiddles, 2 * step + i - 2, imaginary13 - pair13, real13 + cross13);
}

/** Writes a complex value times a twiddle: imaginary part at `index`, real part before it. */
function store(
  to: Float64Array,
  index: number,
  twiddles: Float64Array,
  twiddle: number,
  imaginary: number,
  real: number,
): void {
  const cosine = at(twiddles, twiddle);
  const sine = at(twiddles, twiddle + 1);
  to[index] = cosine * imaginary + sine * real;
  to[index - 1] = cosine * real - sine * imaginary;
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}

const noTwiddles = new Float64Array(0);

// cos and sin of 2 pi i / 32 and cos of 2 pi i / 128, as products of two table entries over glibc's cos and sin: literals,
// because Math.cos may round the last bit otherwise.
const radix2Twiddles = Float64Array.of(
  0.9807852804032304,
  0.19509032201612825,
  0.9238795325112867,
  0.3826834323650898,
  0.8314696123025452,
  0.5555702330196022,
  0.7071067811865475,
  0.7071067811865476,
  0.5555702330196022,
  0.8314696123025452,
  0.3826834323650898,
  0.9238795325112867,
  0.19509032201612825,
  0.9807852804032304,
);
/** One root for each of the quarters 1, 2 and 3, three places apart. */
const radix4Twiddles = Float64Array.of(
  0.9238795325112867,
  0.3826834323650898,
  0,
  0.7071067811865475,
  0.7071067811865476,
  0,
  0.3826834323650898,
  0.9238795325112867,
  0,
);
const halfTwiddles = Float64Array.of(
  0.9987954562051724,
  0.9951847266721969,
  0.989176509964781,
  0.9807852804032304,
  0.970031253194544,
  0.9569403357322088,
  0.9415440651830208,
  0.9238795325112867,
  0.9039892931234433,
  0.881921264348355,
  0.8577286100002721,
  0.8314696123025452,
  0.8032075314806449,
  0.773010453362737,
  0.7409511253549591,
  0.7071067811865475,
  0.6715589548470183,
  0.6343932841636455,
  0.5956993044924332,
  0.5555702330196022,
  0.5141027441932217,
  0.47139673682599753,
  0.42755509343028203,
  0.38268343236508967,
  0.33688985339221994,
  0.2902846772544623,
  0.24298017990326393,
  0.19509032201612825,
  0.14673047445536164,
  0.09801714032956049,
  0.04906767432741799,
  0,
);
