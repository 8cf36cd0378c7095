import { z } from "zod";
import { partsToLookAt } from "../../contract/filter.ts";
import { defineMap, type Outcome } from "../../contract/operator.ts";
import { GreyPlane, pillowGrey } from "../../kernels/grey-plane.ts";
import { LowFrequencies } from "../../kernels/low-frequencies.ts";
import { loadImageCodec } from "../../media/image/image-codec.ts";
import type { Pixels } from "../../media/image/pixels.ts";
import type { Sample } from "../../model/sample.ts";
import { withAttributes } from "../../model/sample.ts";
import { decodeOptions } from "./image-options.ts";
import { differenceHash, perceptualHash } from "./perceptual-hash.ts";
import { requireImage } from "./require-image.ts";

const algorithms = ["phash", "dhash"] as const;
type Algorithm = (typeof algorithms)[number];

const options = z.strictObject({
  algorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .default(["phash", "dhash"])
    .describe("Hashes to write, each to the attribute of its name: 64 bits as 16 hex digits."),
  part: z.string().min(1).optional().describe("Name of the image to hash; without it, the first image."),
  ...decodeOptions,
});

const hashes: Readonly<Record<Algorithm, (grey: GreyPlane, frequencies: LowFrequencies) => string>> = {
  phash: perceptualHash,
  dhash: differenceHash,
};

/**
 * Equal bit for bit to `imagehash.phash` and `dhash` over `ImageOps.exif_transpose(Image.open(file))` for 8-bit grey,
 * RGB and palette images in JPEG (CMYK too, without a profile), PNG, TIFF, and WebP without animation; alpha is left out as Pillow's
 * `convert("L")` does. CMYK with a profile, 16-bit and transparent GIF images are hashed as our decoder sees them. Behind a step
 * that changes pixels, the changed pixels are hashed, before they are encoded.
 */
export const hashImage = defineMap({
  name: "hash-image",
  summary: "Writes perceptual hashes of the image, equal to the reference bit for bit.",
  modality: "image",
  reference: "ImageHash 4.3.2 phash and dhash, 8x8, with Pillow 13.0 and SciPy 1.17",
  options,
  signature: (given) => ({ reads: [], writes: [...new Set(given.algorithms)], parts: ["image"] }),
  dropReasons: () => [],
  async open(opened) {
    const codec = await loadImageCodec();
    const { maxInputPixels } = opened;
    const plane = new GreyPlane();
    const frequencies = new LowFrequencies();
    const hashed = (sample: Sample, pixels: Pixels): Outcome => {
      plane.load(pixels, pillowGrey);
      const added: Record<string, string> = {};
      for (const name of opened.algorithms) added[name] = hashes[name](plane, frequencies);
      return { kind: "keep", sample: withAttributes(sample, added) };
    };
    return {
      apply(sample) {
        const [part] = partsToLookAt(sample, ["image"], opened.part);
        if (part === undefined) return { kind: "keep", sample };
        const pixels = codec.pixels(requireImage(part).content, { maxInputPixels, colour: "stored" });
        return pixels instanceof Promise ? pixels.then((decoded) => hashed(sample, decoded)) : hashed(sample, pixels);
      },
    };
  },
});
