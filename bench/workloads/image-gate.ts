import sharp from "sharp";
import { median } from "../harness/statistics.ts";
import type { TarSample } from "../harness/tar-outputs.ts";
import type { Verdict } from "../harness/workload.ts";
import { kindInName } from "../inputs/jpegs.ts";

/** Bounds of what counts as the same picture; CMYK is converted by each library in its own way and not held to them. */
export const leastMedianDecibels = 30;
export const mostMedianHashBits = 6;
/** Pictures whose pixels are compared. */
const sampled = 60;

export interface GateOptions {
  /** It does not turn pictures upright, and says so. */
  readonly ignoresOrientation?: boolean;
  readonly hasNoHash?: boolean;
}

type Samples = ReadonlyMap<string, TarSample>;

/**
 * Holds what a side wrote against what ours wrote: every whole input is there, sizes are the same, pixels differ by no
 * more than two encoders do. Files that end early are no part of that: what a side makes of them is said.
 */
export async function compareImages(
  inputs: readonly string[],
  reference: Samples,
  found: Samples,
  { ignoresOrientation = false, hasNoHash = false }: GateOptions,
): Promise<Verdict> {
  const whole = inputs.filter((name) => kindInName(name) !== "cut");
  const missing = whole.filter((name) => !found.has(name));
  if (missing.length > 0) return { isEqual: false, said: `${missing.length} of ${whole.length} images are missing` };
  const cut = inputs.filter((name) => kindInName(name) === "cut");
  const damaged = cut.filter((name) => found.has(name)).length;
  const comparable = whole.filter((name) => kindInName(name) !== "cmyk");
  const upright = ignoresOrientation ? comparable.filter((name) => kindInName(name) !== "rotated") : comparable;
  const step = Math.max(1, Math.floor(upright.length / sampled));
  const decibels: number[] = [];
  const bits: number[] = [];
  for (const name of upright.filter((_, index) => index % step === 0)) {
    const [ours, theirs] = [reference.get(name), found.get(name)];
    if (ours?.image === undefined || theirs?.image === undefined) throw new Error(`${name} has no image`);
    const value = await decibelsBetween(ours.image, theirs.image);
    if (value === undefined) return { isEqual: false, said: `${name} has another size than ours` };
    decibels.push(value);
    if (ours.phash !== undefined && theirs.phash !== undefined) bits.push(differingBits(ours.phash, theirs.phash));
  }
  const [level, distance] = [median(decibels), median(bits)];
  const isHashEqual = hasNoHash || distance <= mostMedianHashBits;
  const parts = [
    `${decibels.length} compared: sizes equal, ${level.toFixed(1)} dB (at least ${leastMedianDecibels})`,
    hasNoHash ? "no pHash" : `pHash differs by ${distance} of 64 bits (at most ${mostMedianHashBits})`,
    ...(cut.length === 0 ? [] : [`${damaged} of ${cut.length} files that end early written`]),
    ...(ignoresOrientation ? ["EXIF orientation ignored"] : []),
  ];
  return { isEqual: level >= leastMedianDecibels && isHashEqual, said: parts.join(", ") };
}

/** Peak signal to noise ratio; undefined where sizes differ. */
async function decibelsBetween(first: Uint8Array, second: Uint8Array): Promise<number | undefined> {
  const decode = (bytes: Uint8Array) =>
    sharp(bytes).toColourspace("srgb").removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const [a, b] = await Promise.all([decode(first), decode(second)]);
  if (a.info.width !== b.info.width || a.info.height !== b.info.height) return undefined;
  let squares = 0;
  for (const [index, value] of a.data.entries()) squares += (value - (b.data[index] ?? 0)) ** 2;
  return squares === 0 ? 99 : 10 * Math.log10((255 * 255) / (squares / a.data.length));
}

function differingBits(first: string, second: string): number {
  const different = BigInt(`0x${first}`) ^ BigInt(`0x${second}`);
  return different.toString(2).replaceAll("0", "").length;
}
