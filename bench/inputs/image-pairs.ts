import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import sharp from "sharp";
import { cachedInput } from "../harness/cached-input.ts";
import { noisePicture } from "./noise-picture.ts";

/** Raise it when the same parameters make other files. */
const generatorVersion = 1;
const distinct = 50;

/** A folder of `<number>.jpg` of some 20 KB, each with a `<number>.json` of a few attributes. */
export function pairFolder(count: number): Promise<string> {
  return cachedInput(`pairs-${count}-v${generatorVersion}`, async (folder) => {
    mkdirSync(folder, { recursive: true });
    const images: Buffer[] = [];
    for (let seed = 1; seed <= Math.min(distinct, count); seed++) images.push(await smallJpeg(seed));
    for (let index = 0; index < count; index++) {
      const name = path.join(folder, String(index).padStart(7, "0"));
      const image = images[index % images.length] ?? Buffer.alloc(0);
      writeFileSync(`${name}.jpg`, image);
      const sha256 = createHash("sha256").update(String(index)).digest("hex");
      writeFileSync(`${name}.json`, JSON.stringify({ caption: `picture number ${index}`, width: 256, sha256 }));
    }
  });
}

function smallJpeg(seed: number): Promise<Buffer> {
  const pixels = noisePicture(256, 192, 0.9, seed);
  return sharp(pixels, { raw: { width: 256, height: 192, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
