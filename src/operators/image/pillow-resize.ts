interface Axis {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly longest: number;
}

const precisionBits = 22;
const one = 1 << precisionBits;
const lobes = 3;

/**
 * `Image.resize((outputWidth, outputHeight), Image.LANCZOS)` of Pillow 13.0 on an "L" image, bit for bit:
 * antialiased Lanczos with three lobes in 22-bit fixed point, rounded to bytes between the axes. An axis that keeps
 * its size is not filtered. Columns go first unless the height shrinks by more than twice what the width does;
 * Pillow before 13 always took columns first, which can move a byte by one in such tall images.
 */
export function pillowLanczosGrey(
  grey: Uint8Array,
  width: number,
  height: number,
  outputWidth: number,
  outputHeight: number,
): Uint8Array {
  const isTall = height > outputHeight && height - outputHeight > (width - outputWidth) * 2;
  if (isTall) {
    const low = resizeRows(grey, width, height, outputHeight);
    return resizeColumns(low, width, outputHeight, outputWidth);
  }
  const narrow = resizeColumns(grey, width, height, outputWidth);
  return resizeRows(narrow, outputWidth, height, outputHeight);
}

function resizeColumns(grey: Uint8Array, width: number, height: number, outputWidth: number): Uint8Array {
  if (outputWidth === width) return grey;
  const { starts, counts, weights, longest } = axisOf(width, outputWidth);
  const output = new Uint8Array(outputWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outputWidth; x++) {
      const from = y * width + (starts[x] ?? 0);
      const firstWeight = x * longest;
      const lastWeight = firstWeight + (counts[x] ?? 0);
      // As Pillow does, in 32 bits: no sum of weighted bytes leaves them.
      let sum = one / 2;
      for (let weight = firstWeight, at = from; weight < lastWeight; weight++, at++)
        sum = (sum + Math.imul(grey[at] ?? 0, weights[weight] ?? 0)) | 0;
      output[y * outputWidth + x] = clipped(sum);
    }
  }
  return output;
}

function resizeRows(grey: Uint8Array, width: number, height: number, outputHeight: number): Uint8Array {
  if (outputHeight === height) return grey;
  const { starts, counts, weights, longest } = axisOf(height, outputHeight);
  const output = new Uint8Array(width * outputHeight);
  for (let y = 0; y < outputHeight; y++) {
    const count = counts[y] ?? 0;
    const from = (starts[y] ?? 0) * width;
    const firstWeight = y * longest;
    for (let x = 0; x < width; x++) {
      let sum = one / 2;
      for (let tap = 0; tap < count; tap++) {
        sum = (sum + Math.imul(grey[from + tap * width + x] ?? 0, weights[firstWeight + tap] ?? 0)) | 0;
      }
      output[y * width + x] = clipped(sum);
    }
  }
  return output;
}

function clipped(sum: number): number {
  return Math.max(0, Math.min(255, sum >> precisionBits));
}

/** Images of a dataset have few sizes, and weights cost as much as filtering with them. */
const knownAxes = new Map<string, Axis>();
const mostKnownAxes = 64;

function axisOf(inputSize: number, outputSize: number): Axis {
  const key = `${inputSize}:${outputSize}`;
  const known = knownAxes.get(key);
  if (known !== undefined) return known;
  const axis = lanczosAxis(inputSize, outputSize);
  if (knownAxes.size >= mostKnownAxes) knownAxes.clear();
  knownAxes.set(key, axis);
  return axis;
}

function lanczosAxis(inputSize: number, outputSize: number): Axis {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(1, scale);
  const support = lobes * filterScale;
  const longest = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * longest);
  const inverse = 1 / filterScale;
  for (let index = 0; index < outputSize; index++) {
    const centre = (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(centre + support + 0.5)) - start;
    const raw: number[] = [];
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = lanczos((tap + start - centre + 0.5) * inverse);
      raw.push(weight);
      sum += weight;
    }
    for (const [tap, weight] of raw.entries()) {
      const normal = (sum === 0 ? weight : weight / sum) * one;
      weights[index * longest + tap] = Math.trunc(normal < 0 ? normal - 0.5 : normal + 0.5);
    }
    starts[index] = start;
    counts[index] = count;
  }
  return { starts, counts, weights, longest };
}

function lanczos(x: number): number {
  return x >= -lobes && x < lobes ? sinc(x) * sinc(x / lobes) : 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}
