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
  for (let from = 0, to = 0; from < inks.length; from += 4, to += 3) {
    const light = 255 - (inks[from + 3] ?? 0);
    rgb[to] = light - product(inks[from] ?? 0, light);
    rgb[to + 1] = light - product(inks[from + 1] ?? 0, light);
    rgb[to + 2] = light - product(inks[from + 2] ?? 0, light);
  }
  return rgb;
}

/** a * b / 255, rounded. */
function product(a: number, b: number): number {
  const sum = a * b + 128;
  return ((sum >> 8) + sum) >> 8;
}
