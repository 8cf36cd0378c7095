import { z } from "zod";
import { defineMap } from "../../contract/operator.ts";
import { contentHeader } from "../../media/image/content-header.ts";
import { type ImageCodec, loadImageCodec } from "../../media/image/image-codec.ts";
import type { ImageHeader } from "../../media/image/image-header.ts";
import { type Encoding, flatten, PixelContent } from "../../media/image/pixels.ts";
import { canStrip, stripContainer } from "../../media/image/strip-container.ts";
import { bytesContent } from "../../model/content.ts";
import type { MediaPart } from "../../model/sample.ts";
import { decodeOptions, encodedFormatOf, encodeOptions } from "./image-options.ts";
import { replaceImages } from "./replace-images.ts";

const options = z.strictObject({
  quality: encodeOptions.quality.describe(
    "Quality of images that must be re-encoded: those to turn upright or to convert to sRGB.",
  ),
  part: z.string().min(1).optional().describe("Name of the one image to strip; without it, every image."),
  ...decodeOptions,
});
type Options = z.output<typeof options>;

/**
 * JPEG, PNG, WebP and GIF that are upright and sRGB keep their compressed pixels, byte for byte, animation included.
 * Everything else is decoded, turned, converted and encoded in its own format, TIFF as PNG.
 */
export const stripMetadata = defineMap({
  name: "strip-metadata",
  summary: "Removes EXIF, XMP, ICC and comments, after applying orientation and profile; lossless wherever it can be.",
  modality: "image",
  options,
  signature: () => ({ reads: [], writes: [], parts: ["image"] }),
  dropReasons: () => [],
  async open(opened) {
    const codec = await loadImageCodec();
    return { apply: (sample) => replaceImages(sample, opened.part, (part) => strip(part, codec, opened)) };
  },
});

async function strip(part: MediaPart, codec: ImageCodec, opened: Options): Promise<MediaPart> {
  if (part.content instanceof PixelContent) return part;
  const header = await contentHeader(part.content);
  const { kind, name } = part;
  if (canStrip(header.format) && header.orientation === 1 && header.profile !== "other") {
    const content = bytesContent(stripContainer(await part.content.bytes(), header.format));
    return { kind, name, mediaType: part.mediaType, content };
  }
  const { maxInputPixels, quality } = opened;
  const pixels = await codec.pixels(part.content, { maxInputPixels, colour: "srgb" });
  const encoding = sameEncoding(header, quality);
  const kept = encoding.format === "jpeg" ? flatten(pixels, [255, 255, 255]) : pixels;
  return { kind, name, mediaType: `image/${encoding.format}`, content: codec.content(kept, encoding) };
}

function sameEncoding(header: ImageHeader, quality: number): Encoding {
  return { format: encodedFormatOf(header.format) ?? "png", quality, chromaSubsampling: "4:2:0", effort: 6 };
}
