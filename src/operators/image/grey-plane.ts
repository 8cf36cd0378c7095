import type { Pixels } from "../../media/image/pixels.ts";

/** Red, green and blue in fixed point: weights, and bits to shift away after rounding. */
export interface GreyWeights {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly shift: number;
}

/** OpenCV 5.0 `cvtColor(COLOR_RGB2GRAY)`, 8 bits. */
export const opencvGrey: GreyWeights = { red: 9798, green: 19235, blue: 3735, shift: 15 };
/** Pillow 13.0 `convert("L")`. */
export const pillowGrey: GreyWeights = { red: 19595, green: 38470, blue: 7471, shift: 16 };

/** One byte a pixel. Alpha is not looked at; grey pixels stay what they are. */
export function greyPlane(pixels: Pixels, weights: GreyWeights): Uint8Array {
  const { data, channels } = pixels;
  if (channels === 1) return data;
  const count = pixels.width * pixels.height;
  const grey = new Uint8Array(count);
  const { red, green, blue, shift } = weights;
  const half = 1 << (shift - 1);
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += channels) {
    const sum = red * (data[at] ?? 0) + green * (data[at + 1] ?? 0) + blue * (data[at + 2] ?? 0);
    grey[pixel] = (sum + half) >> shift;
  }
  return grey;
}
