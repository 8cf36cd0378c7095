import type { Content } from "../../model/content.ts";
import { isBareCmyk, rgbOfInks } from "./bare-cmyk.ts";
import { contentHeader } from "./content-header.ts";
import { countDecode } from "./decode-tally.ts";
import { decodeFailure, endsEarly, tooManyPixels, unsupportedImage } from "./image-errors.ts";
import { decodedChannels, type ImageHeader } from "./image-header.ts";
import { type JpegTurbo, loadJpegTurbo, type StoredPixels } from "./jpeg-turbo.ts";
import { loadSharp, type Sharp } from "./load-sharp.ts";
import { type Encoding, PixelContent, type Pixels } from "./pixels.ts";
import { swapsSides } from "./turn-upright.ts";

export interface DecodeOptions {
  /** Larger images fail with SAMPLE_TOO_LARGE before anything is decoded. */
  readonly maxInputPixels: number;
  /**
   * `srgb`: converted by the embedded profile. `stored`: the numbers in the file, which is what reference
   * implementations of measures and hashes look at; CMYK is converted all the same, by its profile where it has one.
   */
  readonly colour: "srgb" | "stored";
}

export interface ReducedSize {
  readonly width: number;
  readonly height: number;
  readonly kernel: "nearest" | "linear" | "cubic" | "lanczos3";
}

interface Remembered {
  srgb?: Pixels | Promise<Pixels>;
  stored?: Pixels | Promise<Pixels>;
}

let loading: Promise<ImageCodec> | undefined;

/** The codec of this process, with its native libraries loaded: call it in an operator's `open`. */
export function loadImageCodec(): Promise<ImageCodec> {
  loading ??= Promise.all([loadSharp(), loadJpegTurbo()]).then(([sharp, turbo]) => new ImageCodec(sharp, turbo));
  return loading;
}

/**
 * Images as pixels and back. Remembers, for as long as the content lives, what was decoded from it, so that
 * several steps on one image decode once. Every failure is a PipelineError of sample scope.
 */
export class ImageCodec {
  readonly #sharp: Sharp;
  readonly #turbo: JpegTurbo;
  readonly #remembered = new WeakMap<Content, Remembered>();

  constructor(sharp: Sharp, turbo: JpegTurbo) {
    this.#sharp = sharp;
    this.#turbo = turbo;
  }

  /** Pixels that are in memory already: never decodes. */
  peekPixels(content: Content): Pixels | undefined {
    if (content instanceof PixelContent) return content.pixels;
    const srgb = this.#remembered.get(content)?.srgb;
    return srgb instanceof Promise ? undefined : srgb;
  }

  /** The whole image, upright, first page, decoded exactly (as Pillow and OpenCV do) and only once. */
  pixels(content: Content, options: DecodeOptions): Pixels | Promise<Pixels> {
    if (content instanceof PixelContent) return content.pixels;
    const header = contentHeader(content);
    if (header instanceof Promise) return header.then((known) => this.#pixelsOnce(content, known, options));
    return this.#pixelsOnce(content, header, options);
  }

  /** sharp's own decode and resize in one, with shrink-on-load: for large reductions. Upright, sRGB, alpha kept. */
  async reducedPixels(
    content: Content,
    header: ImageHeader,
    size: ReducedSize,
    maxInputPixels: number,
  ): Promise<Pixels> {
    requireDecodable(header, maxInputPixels);
    const { width, height, kernel } = size;
    const bytes = await content.bytes();
    const image = this.#open(bytes, header, false);
    countDecode("sharp-reduced");
    return this.#raw(image.resize(width, height, { fit: "fill", kernel }), bytes, header);
  }

  /**
   * Decodes a plain JPEG into memory of the caller's choosing, fast and at once, as it is stored: not turned upright.
   * Undefined when the image is not plain (`isPlainJpeg`) or libjpeg-turbo objects to it: then `pixels` decides. Throws
   * what `pixels` would when the file ends early.
   */
  decodePlainJpeg(
    bytes: Uint8Array,
    header: ImageHeader,
    maxInputPixels: number,
    target: (bytes: number) => Buffer,
  ): StoredPixels | undefined {
    if (!isPlainJpeg(header)) return undefined;
    requireWhole(bytes, header, maxInputPixels);
    const channels = decodedChannels(header) === 1 ? 1 : 3;
    const stored: StoredPixels = swapsSides(header.orientation)
      ? { width: header.height, height: header.width, channels }
      : { width: header.width, height: header.height, channels };
    const fits = this.#turbo.decodeInto(bytes, stored, target(header.width * header.height * channels));
    if (!fits) return undefined;
    countDecode("jpeg-turbo");
    return stored;
  }

  /** Content that encodes when its bytes are asked for. For JPEG the pixels must have no alpha: see `flatten`. */
  content(pixels: Pixels, encoding: Encoding): PixelContent {
    return new PixelContent(pixels, encoding, (given, how) => this.encode(given, how));
  }

  /** Encoded bytes without metadata; the same for the same pixels. At once for JPEG. */
  encode(pixels: Pixels, encoding: Encoding): Uint8Array | Promise<Uint8Array> {
    if (encoding.format === "jpeg") return this.#turbo.encode(pixels, encoding);
    const { width, height, channels, data } = pixels;
    const { quality, chromaSubsampling } = encoding;
    const effort = Math.round((encoding.effort * 6) / 9);
    const image = this.#sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
    if (channels === 1) image.toColourspace("b-w");
    if (encoding.format === "png") image.png({ compressionLevel: encoding.effort });
    if (encoding.format === "webp") image.webp({ quality, effort });
    if (encoding.format === "avif") image.avif({ quality, chromaSubsampling, effort });
    return image.toBuffer();
  }

  #memory(content: Content): Remembered {
    let remembered = this.#remembered.get(content);
    if (remembered === undefined) {
      remembered = {};
      this.#remembered.set(content, remembered);
    }
    return remembered;
  }

  #pixelsOnce(content: Content, header: ImageHeader, options: DecodeOptions): Pixels | Promise<Pixels> {
    requireDecodable(header, options.maxInputPixels);
    const isStored = options.colour === "stored" && header.profile === "other" && header.colourModel !== "cmyk";
    const colour = isStored ? "stored" : "srgb";
    const remembered = this.#memory(content);
    const known = remembered[colour];
    if (known !== undefined) return known;
    const decoding = this.#decode(content, header, isStored).then((pixels) => {
      remembered[colour] = pixels;
      return pixels;
    });
    remembered[colour] = decoding;
    return decoding;
  }

  async #decode(content: Content, header: ImageHeader, isStored: boolean): Promise<Pixels> {
    const bytes = await content.bytes();
    countDecode("sharp");
    return this.#raw(this.#open(bytes, header, isStored), bytes, header);
  }

  #open(bytes: Uint8Array, header: ImageHeader, isStored: boolean): ReturnType<Sharp> {
    // Converting sRGB to sRGB takes a fifth of the time of a reduced decode.
    const ignoreIcc = isStored || (header.profile === "srgb" && header.colourModel !== "cmyk");
    const image = this.#sharp(bytes, { failOn: "warning", limitInputPixels: false, ignoreIcc }).autoOrient();
    if (isBareCmyk(header)) return image.pipelineColourspace("cmyk").toColourspace("cmyk");
    // sharp drops alpha from raw grey, so grey with alpha comes as RGB with alpha.
    return decodedChannels(header) === 1 ? image.toColourspace("b-w") : image;
  }

  async #raw(image: ReturnType<Sharp>, bytes: Uint8Array, header: ImageHeader): Promise<Pixels> {
    try {
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      if (isBareCmyk(header)) return { width, height, channels: 3, data: rgbOfInks(data) };
      const channels = info.channels === 1 || info.channels === 4 ? info.channels : 3;
      return { width, height, channels, data };
    } catch {
      // The decoder's words cannot be trusted to be about this image: see decodeFailure.
      throw decodeFailure(bytes, header.format);
    }
  }
}

/** Whether a JPEG decoder alone gives the sRGB pixels: 8 bits, grey or YCbCr, nothing to convert. */
export function isPlainJpeg(header: ImageHeader): boolean {
  return (
    header.format === "jpeg" && header.bitDepth === 8 && header.colourModel !== "cmyk" && header.profile !== "other"
  );
}

/** Bytes of the whole image, decoded. */
export function decodedBytes(header: ImageHeader): number {
  return header.width * header.height * decodedChannels(header);
}

/** Throws what `ImageCodec.pixels` would when an image has too many pixels or ends early. */
export function requireWhole(bytes: Uint8Array, header: ImageHeader, maxInputPixels: number): void {
  requireDecodable(header, maxInputPixels);
  // No decoder takes what ends early; all would decode what is there before they say so.
  if (endsEarly(bytes, header.format)) throw decodeFailure(bytes, header.format);
}

function requireDecodable(header: ImageHeader, maxInputPixels: number): void {
  if (header.width * header.height > maxInputPixels) {
    throw tooManyPixels(header.width, header.height, maxInputPixels);
  }
  if (header.format === "bmp") throw unsupportedImage("BMP");
}
