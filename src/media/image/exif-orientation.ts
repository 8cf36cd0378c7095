import type { HeaderBytes } from "./image-header.ts";

const orientationTag = 0x0112;

/** EXIF orientation of a TIFF structure (what follows `Exif\0\0`); 1 when absent, broken or out of range. */
export function exifOrientation(tiff: HeaderBytes): number {
  const isLittleEndian = tiff.has(0, "II");
  if (!isLittleEndian && !tiff.has(0, "MM")) return 1;
  const directory = tiff.u32(4, isLittleEndian);
  const entries = tiff.u16(directory, isLittleEndian);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (tiff.u16(at, isLittleEndian) !== orientationTag) continue;
    const value = tiff.u16(at + 8, isLittleEndian);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
