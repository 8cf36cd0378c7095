import type { Pixels } from "./pixels.ts";

/** EXIF orientations from here on swap width and height. */
const firstSwapping = 5;

/** Whether the image as displayed is as wide as the stored one is high. */
export function swapsSides(orientation: number): boolean {
  return orientation >= firstSwapping;
}

/** Pixels as stored, turned and mirrored as their EXIF orientation (1 to 8) says they are displayed. */
export function turnUpright(stored: Pixels, orientation: number): Pixels {
  if (orientation === 1) return stored;
  const { channels } = stored;
  const [width, height] = swapsSides(orientation) ? [stored.height, stored.width] : [stored.width, stored.height];
  const walk = walkOf(orientation, stored.width, stored.height);
  const data = new Uint8Array(stored.data.length);
  if (channels === 3) turnRgb(stored.data, data, width, walk);
  else turnAny(stored.data, data, width, channels, walk);
  return { width, height, channels, data };
}

/** What `turnAny` does, in half the time. */
function turnRgb(source: Uint8Array, data: Uint8Array, width: number, { origin, right, down }: Walk): void {
  const step = right * 3;
  for (let to = 0, first = origin * 3; to < data.length; first += down * 3) {
    for (let end = to + width * 3, from = first; to < end; from += step, to += 3) {
      data[to] = source[from] ?? 0;
      data[to + 1] = source[from + 1] ?? 0;
      data[to + 2] = source[from + 2] ?? 0;
    }
  }
}

function turnAny(
  source: Uint8Array,
  data: Uint8Array,
  width: number,
  channels: number,
  { origin, right, down }: Walk,
): void {
  let to = 0;
  for (let first = origin * channels; to < data.length; first += down * channels) {
    for (let x = 0, from = first; x < width; x++, from += right * channels) {
      for (let at = from; at < from + channels; at++) data[to++] = source[at] ?? 0;
    }
  }
}

/** Where in the stored pixels the first displayed one lies, and how far apart its neighbours do. */
interface Walk {
  readonly origin: number;
  readonly right: number;
  readonly down: number;
}

function walkOf(orientation: number, width: number, height: number): Walk {
  const lastColumn = width - 1;
  const lastRow = (height - 1) * width;
  const walks: readonly Walk[] = [
    { origin: 0, right: 1, down: width },
    { origin: lastColumn, right: -1, down: width },
    { origin: lastRow + lastColumn, right: -1, down: -width },
    { origin: lastRow, right: 1, down: -width },
    { origin: 0, right: width, down: 1 },
    { origin: lastRow, right: -width, down: 1 },
    { origin: lastRow + lastColumn, right: -width, down: -1 },
    { origin: lastColumn, right: width, down: -1 },
  ];
  const walk = walks[orientation - 1];
  if (walk === undefined) throw new RangeError(`expected an EXIF orientation from 1 to 8, received ${orientation}`);
  return walk;
}
