import type { ImageHeader } from "./image-header.ts";

/** CMYK without a profile: nobody knows which inks are meant. */
export function isBareCmyk({ colourModel, profile }: ImageHeader): boolean {
  return colourModel === "cmyk" && profile === "none";
}

/**
 * RGB of such inks (0 none, 255 full; four bytes a pixel), as browsers, OpenCV and Pillow show them: `convert("RGB")` of
 * Pillow 13.0, bit for bit.
 */
export function rgbOfInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  const view = new DataView(inks.buffer, inks.byteOffset, inks.byteLength);
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const ink = view.getUint32(from, true);
    const light = 255 - (ink >>> 24);
    rgb[to] = light - product(ink & 255, light);
    rgb[to + 1] = light - product((ink >> 8) & 255, light);
    rgb[to + 2] = light - product((ink >> 16) & 255, light);
  }
  return rgb;
}

/** a * b / 255, rounded. */
function product(a: number, b: number): number {
  const sum = a * b + 128;
  return ((sum >> 8) + sum) >> 8;
}
