import { z } from "zod";
import { defaultMaxInputPixels } from "../../media/image/image-errors.ts";
import type { ImageFormat } from "../../media/image/image-header.ts";
import { type Background, type Encoding, encodedFormats } from "../../media/image/pixels.ts";

/** Options of every step that decodes. */
export const decodeOptions = {
  maxInputPixels: z
    .int()
    .positive()
    .default(defaultMaxInputPixels)
    .describe("Width times height above which an image fails as SAMPLE_TOO_LARGE instead of being decoded."),
};

/** Options of every step that makes new pixels. */
export const encodeOptions = {
  format: z.enum(encodedFormats).default("jpeg").describe("Format that the image is written in."),
  quality: z
    .int()
    .min(1)
    .max(100)
    .default(95)
    .describe("Quality of JPEG, WebP and AVIF, 1 to 100. PNG loses nothing and ignores it."),
  chromaSubsampling: z
    .enum(["4:2:0", "4:4:4"])
    .default("4:2:0")
    .describe("Resolution of colour in JPEG and AVIF: halved, or whole."),
  effort: z
    .int()
    .min(0)
    .max(9)
    .default(6)
    .describe("How hard PNG, WebP and AVIF try for a smaller file, 0 (fastest) to 9. JPEG ignores it."),
};

export const backgroundOption = z
  .string()
  .regex(/^#[0-9a-fA-F]{6}$/, "expected a colour such as #ffffff")
  .default("#ffffff")
  .describe("Colour that shows through transparent pixels and surrounds bordered images, as #rrggbb.");

interface EncodeOptions {
  readonly format: Encoding["format"];
  readonly quality: number;
  readonly chromaSubsampling: Encoding["chromaSubsampling"];
  readonly effort: number;
}

export function encodingOf(options: EncodeOptions): Encoding {
  const { format, quality, chromaSubsampling, effort } = options;
  return { format, quality, chromaSubsampling, effort };
}

/** Red, green and blue of a checked `#rrggbb`. */
export function parseBackground(colour: string): Background {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** What the format is called as an output; undefined when it is none. */
export function encodedFormatOf(format: ImageFormat): Encoding["format"] | undefined {
  if (format === "heif") return "avif";
  return encodedFormats.find((encoded) => encoded === format);
}
