import { z } from "zod";
import { defineMap } from "../../contract/operator.ts";
import { contentHeader } from "../../media/image/content-header.ts";
import { type ImageCodec, loadImageCodec } from "../../media/image/image-codec.ts";
import { flatten, PixelContent, type Pixels } from "../../media/image/pixels.ts";
import type { MediaPart } from "../../model/sample.ts";
import {
  backgroundOption,
  decodeOptions,
  encodedFormatOf,
  encodeOptions,
  encodingOf,
  parseBackground,
} from "./image-options.ts";
import { replaceImages } from "./replace-images.ts";

const options = z.strictObject({
  ...encodeOptions,
  alpha: z
    .enum(["keep", "flatten"])
    .default("keep")
    .describe(
      "`keep` leaves transparency where the format has it; `flatten` lays it on the background. JPEG always flattens.",
    ),
  background: backgroundOption,
  sameFormat: z
    .enum(["keep", "reencode"])
    .default("keep")
    .describe(
      "`keep` passes files that have the format already, byte for byte; `reencode` decodes and encodes them too.",
    ),
  part: z.string().min(1).optional().describe("Name of the one image to convert; without it, every image."),
  ...decodeOptions,
});
type Options = z.output<typeof options>;

export const convertImage = defineMap({
  name: "convert-image",
  summary: "Converts images to one format; what is converted is upright sRGB without metadata, first frame only.",
  modality: "image",
  options,
  signature: () => ({ reads: [], writes: [], parts: ["image"] }),
  dropReasons: () => [],
  async open(opened) {
    const codec = await loadImageCodec();
    return { apply: (sample) => replaceImages(sample, opened.part, (part) => convert(part, codec, opened)) };
  },
});

function convert(part: MediaPart, codec: ImageCodec, opened: Options): MediaPart | Promise<MediaPart> {
  if (opened.sameFormat === "reencode" || part.content instanceof PixelContent) return reencode(part, codec, opened);
  const header = contentHeader(part.content);
  if (header instanceof Promise) {
    return header.then(({ format }) =>
      encodedFormatOf(format) === opened.format ? part : reencode(part, codec, opened),
    );
  }
  return encodedFormatOf(header.format) === opened.format ? part : reencode(part, codec, opened);
}

function reencode(part: MediaPart, codec: ImageCodec, opened: Options): MediaPart | Promise<MediaPart> {
  const { maxInputPixels } = opened;
  const pixels = codec.pixels(part.content, { maxInputPixels, colour: "srgb" });
  if (pixels instanceof Promise) return pixels.then((decoded) => converted(part, decoded, codec, opened));
  return converted(part, pixels, codec, opened);
}

function converted(part: MediaPart, pixels: Pixels, codec: ImageCodec, opened: Options): MediaPart {
  const { format, alpha, background } = opened;
  const isFlat = format === "jpeg" || alpha === "flatten";
  const content = codec.content(isFlat ? flatten(pixels, parseBackground(background)) : pixels, encodingOf(opened));
  return { kind: part.kind, name: part.name, mediaType: `image/${format}`, content };
}
