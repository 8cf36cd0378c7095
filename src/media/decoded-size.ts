import { type MediaPart, type Part } from "../model/sample.ts";
import { decodedBytes } from "./image/image-codec.ts";
import { decodedChannels, type ImageHeader } from "./image/image-header.ts";
import { PixelContent } from "./image/pixels.ts";
import { probeImage } from "./image/probe-image.ts";

/**
 * What decoders hold beside the pixels that they give, in bytes a pixel at 8 bits a channel: whole frames before and
 * after the conversion to RGB. Measured as the growth of a process; formats that are not listed are read row by row.
 */
const frameBytesPerPixel: { readonly [format: string]: number } = { webp: 8, heif: 16, gif: 5 };
/** A coefficient of a progressive JPEG: each scan refines all of them, so that all are held. */
const coefficientBytes = 2;

/**
 * Bytes of memory that a part can take while steps work on it: the unit of admission. Text: its UTF-16 units.
 * Images: decoded pixels and what their decoder holds beside them, from the header alone, and the encoded bytes.
 * Everything else: its encoded bytes. For an image it is what decoding the whole of it takes: a step that reads a
 * reduced image takes less.
 *
 * At once when an image is in memory in a common format, else after reading its bytes. Never fails because of
 * what an image holds: a broken one counts as its bytes, and the step that decodes it reports it. Rejects when
 * the bytes cannot be read.
 */
export function estimateDecodedBytes(part: Part): number | Promise<number> {
  if (part.kind === "text") return part.text.length * 2;
  if (part.kind === "embedding") return part.values.byteLength;
  if (part.kind === "image") return imageBytes(part);
  return part.content.byteLength ?? part.content.peek()?.byteLength ?? part.content.bytes().then(byteLength);
}

function imageBytes(part: MediaPart): number | Promise<number> {
  if (part.content instanceof PixelContent) return part.content.pixels.data.byteLength;
  const bytes = part.content.peek();
  return bytes === undefined ? part.content.bytes().then(encodedImageBytes) : encodedImageBytes(bytes);
}

function encodedImageBytes(bytes: Uint8Array): number | Promise<number> {
  try {
    const header = probeImage(bytes);
    if (!(header instanceof Promise)) return bytes.byteLength + workingBytes(header);
    return header.then(
      (known) => bytes.byteLength + workingBytes(known),
      // Surfaces as SAMPLE_CORRUPT or SAMPLE_UNSUPPORTED in the step that decodes the image.
      () => bytes.byteLength,
    );
  } catch {
    // Surfaces as SAMPLE_CORRUPT or SAMPLE_UNSUPPORTED in the step that decodes the image.
    return bytes.byteLength;
  }
}

function workingBytes(header: ImageHeader): number {
  const whole = decodedBytes(header) * depthFactor(header);
  // Turning an image needs all of it, at a time when the decoder has given back what it held.
  const turned = header.orientation > 1 ? whole : 0;
  return decodedBytes(header) + Math.max(turned, decoderBytes(header));
}

function decoderBytes(header: ImageHeader): number {
  const pixels = header.width * header.height;
  const { format, isProgressive } = header;
  if (format === "jpeg") return isProgressive ? pixels * jpegComponents(header) * coefficientBytes : 0;
  if (format === "png") return isProgressive ? decodedBytes(header) * depthFactor(header) : 0;
  return pixels * (frameBytesPerPixel[format] ?? 0) * depthFactor(header);
}

/** As many coefficients as values: the header does not say whether colour is stored coarser. */
function jpegComponents(header: ImageHeader): number {
  return header.colourModel === "cmyk" ? 4 : decodedChannels(header);
}

function depthFactor(header: ImageHeader): 1 | 2 {
  return header.bitDepth > 8 ? 2 : 1;
}

function byteLength(bytes: Uint8Array): number {
  return bytes.byteLength;
}
