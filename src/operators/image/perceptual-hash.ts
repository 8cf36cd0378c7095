import type { GreyPlane } from "../../kernels/grey-plane.ts";
import type { LowFrequencies } from "../../kernels/low-frequencies.ts";

const edge = 8;
const dctEdge = 32;

/** `str(imagehash.phash(image))` of ImageHash 4.3.2 (8x8, Pillow 13.0, SciPy 1.17) for an "L" image: 16 hex digits. */
export function perceptualHash(grey: GreyPlane, frequencies: LowFrequencies): string {
  const low = frequencies.of(grey.lanczos(dctEdge, dctEdge));
  const sorted = low.toSorted();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  return hexOf((bit) => (low[bit] ?? 0) > median);
}

/** `str(imagehash.dhash(image))` of ImageHash 4.3.2 (8x8, Pillow 13.0) for an "L" image: 16 hex digits. */
export function differenceHash(grey: GreyPlane): string {
  const small = grey.lanczos(edge + 1, edge);
  return hexOf((bit) => {
    const at = Math.floor(bit / edge) * (edge + 1) + (bit % edge);
    return (small[at + 1] ?? 0) > (small[at] ?? 0);
  });
}

/** 64 bits, first bit first, as 16 hex digits. */
function hexOf(isSet: (bit: number) => boolean): string {
  let hex = "";
  for (let digit = 0; digit < 16; digit++) {
    let value = 0;
    for (let bit = 0; bit < 4; bit++) value = value * 2 + (isSet(digit * 4 + bit) ? 1 : 0);
    hex += value.toString(16);
  }
  return hex;
}
