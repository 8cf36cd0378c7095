import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { noisePicture } from "./inputs/noise-picture.ts";

/**
 * Writes `count` JPEGs at quality 85 whose detail falls off as in photographs; the same at every run. `detail` is the
 * strength of each octave of noise against the one above, 0 to 1: what decides how many bytes a file has.
 */
export async function writeJpegs(
  folder: string,
  count: number,
  width: number,
  height: number,
  detail: number,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const data = noisePicture(width, height, detail, index + 1);
    const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 85 })
      .toBuffer();
    writeFileSync(join(folder, `${String(index).padStart(4, "0")}.jpg`), jpeg);
  }
}
