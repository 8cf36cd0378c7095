/** How an output pixel weighs input pixels. All but `nearest` widen with the factor when shrinking, so nothing aliases. */
export const resampleKernels = ["nearest", "linear", "cubic", "area", "lanczos"] as const;
export type ResampleKernel = (typeof resampleKernels)[number];

/** One axis of a resize: output i = sum over t of weights[i * taps + t] * input[starts[i] + t], in 1/16384. */
export interface ResampleTable {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Weights per output; the last ones are zero where fewer are needed. */
  readonly taps: number;
  /** At least 0. `starts[i] + taps` can pass the end of the input, by zero weights only. */
  readonly starts: Int32Array;
  readonly weights: Int16Array;
}

/** Weights are multiples of 1 / weightOne, and each output's add up to it exactly: flat areas stay flat. */
export const weightOne = 1 << 14;

interface Window {
  readonly start: number;
  readonly weights: readonly number[];
}

/**
 * The table for one axis. Pixel centres lie at half positions, as in Pillow and OpenCV. `area` is exact coverage
 * (OpenCV's INTER_AREA) when shrinking and `linear` when enlarging; `cubic` is Catmull-Rom, `lanczos` has three lobes.
 * `tapMultiple` rounds `taps` up. `extent` is how much of the input is resized, from its start: less than `inputSize` by
 * less than one where the last pixel counts in part.
 */
export function resampleTable(
  inputSize: number,
  outputSize: number,
  kernel: ResampleKernel,
  tapMultiple: number,
  extent = inputSize,
): ResampleTable {
  const windows: Window[] = [];
  let longest = 1;
  for (let index = 0; index < outputSize; index++) {
    const window = windowAt(index, inputSize, extent / outputSize, kernel);
    longest = Math.max(longest, window.weights.length);
    windows.push(window);
  }
  const taps = Math.ceil(longest / tapMultiple) * tapMultiple;
  const starts = new Int32Array(outputSize);
  const weights = new Int16Array(outputSize * taps);
  for (const [index, window] of windows.entries()) {
    starts[index] = window.start;
    weights.set(window.weights, index * taps);
  }
  return { inputSize, outputSize, taps, starts, weights };
}

function windowAt(index: number, inputSize: number, factor: number, kernel: ResampleKernel): Window {
  if (kernel === "nearest") {
    return { start: Math.min(inputSize - 1, Math.floor(index * factor)), weights: [weightOne] };
  }
  if (kernel === "area" && factor > 1) return coverageWindow(index, factor, inputSize);
  const shape = shapes[kernel];
  const stretch = Math.max(1, factor);
  const centre = (index + 0.5) * factor;
  const reach = shape.support * stretch;
  const start = Math.max(0, Math.floor(centre - reach));
  const end = Math.min(inputSize, Math.ceil(centre + reach));
  const weights: number[] = [];
  for (let input = start; input < end; input++) weights.push(shape.weight((input + 0.5 - centre) / stretch));
  return fixed(start, weights);
}

function coverageWindow(index: number, factor: number, inputSize: number): Window {
  const from = index * factor;
  const to = Math.min(inputSize, from + factor);
  const start = Math.floor(from);
  const weights: number[] = [];
  for (let input = start; input < to; input++) weights.push(Math.min(input + 1, to) - Math.max(input, from));
  return fixed(start, weights);
}

/** Rounds to multiples of 1 / weightOne; what rounding lost or won goes to the largest weight. Drops zero ends. */
function fixed(start: number, weights: readonly number[]): Window {
  let sum = 0;
  for (const weight of weights) sum += weight;
  const rounded = weights.map((weight) => Math.round((weight / sum) * weightOne));
  let rest = weightOne;
  let largest = 0;
  for (const [index, weight] of rounded.entries()) {
    rest -= weight;
    if (weight > (rounded[largest] ?? 0)) largest = index;
  }
  rounded[largest] = (rounded[largest] ?? 0) + rest;
  let first = 0;
  while (rounded[first] === 0) first++;
  let last = rounded.length;
  while (rounded[last - 1] === 0) last--;
  return { start: start + first, weights: rounded.slice(first, last) };
}

interface Shape {
  readonly support: number;
  weight(distance: number): number;
}

const linear: Shape = { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) };

const shapes: Readonly<Record<Exclude<ResampleKernel, "nearest">, Shape>> = {
  linear,
  area: linear,
  cubic: { support: 2, weight: catmullRom },
  lanczos: { support: 3, weight: lanczos3 },
};

function catmullRom(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function lanczos3(distance: number): number {
  return Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
