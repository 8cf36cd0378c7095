import { z } from "zod";
import { partsToLookAt } from "../../contract/filter.ts";
import { defineMap, type Outcome } from "../../contract/operator.ts";
import type { ReducedJpeg } from "../../kernels/jpeg-reducer.ts";
import { type ResampleKernel, resampleKernels } from "../../kernels/resample-table.ts";
import { contentHeader } from "../../media/image/content-header.ts";
import { decodedBytes, type ImageCodec, loadImageCodec } from "../../media/image/image-codec.ts";
import { tooManyPixels } from "../../media/image/image-errors.ts";
import type { ImageHeader } from "../../media/image/image-header.ts";
import { type Background, type Encoding, flatten, PixelContent, type Pixels } from "../../media/image/pixels.ts";
import { swapsSides, turnUpright } from "../../media/image/turn-upright.ts";
import type { Content } from "../../model/content.ts";
import { isMediaPart, type MediaPart, type Sample, withAttributes, withPart } from "../../model/sample.ts";
import {
  backgroundOption,
  decodeOptions,
  encodedFormatOf,
  encodeOptions,
  encodingOf,
  parseBackground,
} from "./image-options.ts";
import { cropScaled, PixelResizer, type SourcePixels } from "./pixel-resizer.ts";
import { maxKernelBytes, ReducedJpegs } from "./reduced-jpegs.ts";
import { type ResizeGeometry, resizeGeometry, resizeModes, wholeGeometry } from "./resize-geometry.ts";

const options = z.strictObject({
  mode: z
    .enum(resizeModes)
    .default("border")
    .describe(
      "`no` keeps the size; `border` fits the longest edge and fills up to a square; `keep_ratio` brings the shortest edge to the size; `keep_ratio_largest` the longest; `center_crop` the shortest and cuts to a square.",
    ),
  sizePixels: z.int().min(1).max(16_384).default(256).describe("Edge that the image is brought to."),
  onlyIfBigger: z.boolean().default(false).describe("Leave images alone that are not larger than the size."),
  downscaleInterpolation: z.enum(resampleKernels).default("area").describe("How pixels are weighed when shrinking."),
  upscaleInterpolation: z.enum(resampleKernels).default("lanczos").describe("How pixels are weighed when enlarging."),
  skipReencode: z
    .boolean()
    .default(false)
    .describe("Keep the bytes of an image that needs no resizing and has the format already."),
  part: z.string().min(1).optional().describe("Name of the one image to resize; without it, every image."),
  ...encodeOptions,
  background: backgroundOption,
  ...decodeOptions,
});
type Options = z.output<typeof options>;

/** What our own kernel does not decode and shrinks by this factor or more goes to sharp, which shrinks as it decodes. */
const largeReduction = 4;

const sharpKernels = {
  nearest: "nearest",
  linear: "linear",
  area: "linear",
  cubic: "cubic",
  lanczos: "lanczos3",
} as const;

export const resizeImage = defineMap({
  name: "resize-image",
  summary: "Resizes images as img2dataset does and re-encodes them; what comes out is upright sRGB without metadata.",
  modality: "image",
  reference:
    "img2dataset 1.47 resizer.py: modes, sizes, defaults. Interpolations other than nearest are antialiased when shrinking.",
  options,
  signature: () => ({
    reads: [],
    writes: ["imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight"],
    parts: ["image"],
  }),
  dropReasons: () => [],
  async open(opened) {
    const resizer = new ImageResizer(await loadImageCodec(), opened);
    return { apply: (sample) => resizer.apply(sample) };
  },
});

interface Resized {
  readonly part: MediaPart;
  readonly pixels: { readonly width: number; readonly height: number };
  readonly original: { readonly width: number; readonly height: number };
}

class ImageResizer {
  readonly #codec: ImageCodec;
  readonly #options: Options;
  readonly #encoding: Encoding;
  readonly #background: Background;
  readonly #pixelResizer = new PixelResizer();
  readonly #jpegs = new ReducedJpegs();

  constructor(codec: ImageCodec, given: Options) {
    this.#codec = codec;
    this.#options = given;
    this.#encoding = encodingOf(given);
    this.#background = parseBackground(given.background);
  }

  apply(sample: Sample): Outcome | Promise<Outcome> {
    const [first, ...others] = partsToLookAt(sample, ["image"], this.#options.part).filter(isMediaPart);
    if (first === undefined) return { kind: "keep", sample };
    const resized = this.#resize(first);
    if (others.length === 0 && !(resized instanceof Promise)) return keepResized(sample, [resized]);
    return this.#resizeAll(sample, resized, others);
  }

  async #resizeAll(sample: Sample, first: Resized | Promise<Resized>, others: readonly MediaPart[]): Promise<Outcome> {
    const resized = [await first];
    for (const part of others) resized.push(await this.#resize(part));
    return keepResized(sample, resized);
  }

  #resize(part: MediaPart): Resized | Promise<Resized> {
    const pixels = this.#codec.peekPixels(part.content);
    const isHandy = part.content instanceof PixelContent || (pixels?.data.length ?? 0) <= maxKernelBytes;
    if (pixels !== undefined && isHandy) return this.#fromPixels(part, pixels);
    const header = contentHeader(part.content);
    return header instanceof Promise
      ? header.then((known) => this.#fromEncoded(part, known))
      : this.#fromEncoded(part, header);
  }

  #fromEncoded(part: MediaPart, header: ImageHeader): Resized | Promise<Resized> {
    const geometry = this.#geometry(header);
    if (
      geometry === undefined &&
      this.#options.skipReencode &&
      encodedFormatOf(header.format) === this.#encoding.format
    ) {
      return { part, pixels: header, original: header };
    }
    const bytes = part.content.peek();
    if (geometry !== undefined) {
      const { maxInputPixels } = this.#options;
      const reduced = bytes === undefined ? "unfit" : this.#jpegs.decode(bytes, header, geometry, maxInputPixels);
      if (typeof reduced !== "string") return this.#done(part, this.#fromReduced(reduced, header, geometry), header);
      // sharp's shrink-on-load does not notice all damage; decoding the whole image does, where it is not too large.
      const isForSharp = reduced === "unfit" || decodedBytes(header) > maxKernelBytes;
      if (isForSharp && wantsSharp(header, geometry)) return this.#withSharp(part, header, geometry);
      const pixels = bytes === undefined ? undefined : this.#plainJpeg(bytes, header, geometry);
      if (pixels !== undefined) return this.#done(part, pixels, header);
    }
    return this.#decoded(part.content).then((pixels) => this.#fromPixels(part, pixels));
  }

  async #withSharp(part: MediaPart, header: ImageHeader, geometry: ResizeGeometry): Promise<Resized> {
    const { scaledWidth: width, scaledHeight: height } = geometry;
    const kernel = sharpKernels[this.#kernel(geometry)];
    const { maxInputPixels } = this.#options;
    const scaled = await this.#codec.reducedPixels(part.content, header, { width, height, kernel }, maxInputPixels);
    return this.#done(part, cropScaled(flatten(scaled, this.#background), geometry, this.#background), header);
  }

  #plainJpeg(bytes: Uint8Array, header: ImageHeader, geometry: ResizeGeometry): Pixels | undefined {
    const { maxInputPixels } = this.#options;
    const source = (length: number) => this.#pixelResizer.source(length);
    const stored = this.#codec.decodePlainJpeg(bytes, header, maxInputPixels, source);
    return stored === undefined ? undefined : this.#scaled(stored, header, geometry);
  }

  #fromReduced(reduced: ReducedJpeg, header: ImageHeader, geometry: ResizeGeometry): Pixels {
    this.#pixelResizer.source(reduced.data.length).set(reduced.data);
    return this.#scaled(reduced, header, geometry);
  }

  /** Resizes what lies in the resizer's source as it is stored, and turns it upright. */
  #scaled(stored: SourcePixels, header: ImageHeader, geometry: ResizeGeometry): Pixels {
    const kernel = this.#kernel(geometry);
    if (header.orientation === 1) {
      return this.#pixelResizer.resize(stored, geometry, kernel, this.#background);
    }
    const turned = swapsSides(header.orientation)
      ? wholeGeometry(geometry.scaledHeight, geometry.scaledWidth, geometry.isDownscale)
      : wholeGeometry(geometry.scaledWidth, geometry.scaledHeight, geometry.isDownscale);
    // Few pixels are turned when they are turned last.
    const scaled = this.#pixelResizer.resize(stored, turned, kernel, this.#background);
    return cropScaled(turnUpright(scaled, header.orientation), geometry, this.#background);
  }

  async #decoded(content: Content): Promise<Pixels> {
    return this.#codec.pixels(content, { maxInputPixels: this.#options.maxInputPixels, colour: "srgb" });
  }

  #fromPixels(part: MediaPart, pixels: Pixels): Resized {
    const flat = flatten(pixels, this.#background);
    const geometry = this.#geometry(flat);
    if (geometry === undefined) return this.#done(part, flat, pixels);
    this.#pixelResizer.source(flat.data.length).set(flat.data);
    const kernel = this.#kernel(geometry);
    const resized = this.#pixelResizer.resize(flat, geometry, kernel, this.#background);
    return this.#done(part, resized, pixels);
  }

  #geometry(image: { readonly width: number; readonly height: number }): ResizeGeometry | undefined {
    const { mode, sizePixels, onlyIfBigger, maxInputPixels } = this.#options;
    const geometry = resizeGeometry(mode, sizePixels, onlyIfBigger, image.width, image.height);
    if (geometry !== undefined && geometry.scaledWidth * geometry.scaledHeight > maxInputPixels) {
      throw tooManyPixels(geometry.scaledWidth, geometry.scaledHeight, maxInputPixels);
    }
    return geometry;
  }

  #kernel(geometry: ResizeGeometry): ResampleKernel {
    return geometry.isDownscale ? this.#options.downscaleInterpolation : this.#options.upscaleInterpolation;
  }

  #done(part: MediaPart, pixels: Pixels, original: { readonly width: number; readonly height: number }): Resized {
    const content = this.#codec.content(pixels, this.#encoding);
    const { kind, name } = part;
    return { part: { kind, name, mediaType: `image/${this.#encoding.format}`, content }, pixels, original };
  }
}

/** Decided by header and geometry alone, so that every run takes the same way. */
function wantsSharp(header: ImageHeader, geometry: ResizeGeometry): boolean {
  const factor = Math.min(header.width / geometry.scaledWidth, header.height / geometry.scaledHeight);
  return factor >= largeReduction || decodedBytes(header) > maxKernelBytes;
}

function keepResized(sample: Sample, resized: readonly Resized[]): Outcome {
  const [first] = resized;
  if (first === undefined) return { kind: "keep", sample };
  let changed = sample;
  for (const { part } of resized) changed = withPart(changed, part);
  return {
    kind: "keep",
    sample: withAttributes(changed, {
      imageWidth: first.pixels.width,
      imageHeight: first.pixels.height,
      originalImageWidth: first.original.width,
      originalImageHeight: first.original.height,
    }),
  };
}
