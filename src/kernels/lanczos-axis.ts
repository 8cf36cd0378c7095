/** One axis of a resize: output i is the sum over t < counts[i] of weights[i * longest + t] * input[starts[i] + t]. */
export interface LanczosAxis {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** In 1 / 2^22. */
  readonly weights: Int32Array;
  readonly longest: number;
}

export const lanczosPrecisionBits = 22;
const one = 1 << lanczosPrecisionBits;
const lobes = 3;

/** Weights of `Image.LANCZOS` in Pillow 13.0, in its fixed point. `longest` is a multiple of eight; spare weights are zero. */
export function lanczosAxis(inputSize: number, outputSize: number): LanczosAxis {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(1, scale);
  const support = lobes * filterScale;
  const longest = Math.ceil((Math.ceil(support) * 2 + 1) / 8) * 8;
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

/** Which axis Pillow 13.0 filters first; Pillow before 13 always took columns, which can move a byte by one. */
export function takesRowsFirst(width: number, height: number, outputWidth: number, outputHeight: number): boolean {
  return height > outputHeight && height - outputHeight > (width - outputWidth) * 2;
}
