import { type MediaPart, type Part } from "../model/sample.ts";
import { decodedBytes } from "./image/image-codec.ts";
import type { ImageHeader } from "./image/image-header.ts";
import { PixelContent } from "./image/pixels.ts";
import { probeImage } from "./image/probe-image.ts";

/** What a progressive JPEG's coefficients take while it is decoded: two bytes for each of 1.5 values a pixel. */
const progressiveBytesPerPixel = 3;

/**
 * Bytes of memory that a part can take while steps work on it: the unit of admission. Text: its UTF-16 units.
 * Images: decoded pixels, from the header alone, beside the encoded bytes. Everything else: its encoded bytes.
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
  const isProgressiveJpeg = header.format === "jpeg" && header.isProgressive;
  return decodedBytes(header) + (isProgressiveJpeg ? header.width * header.height * progressiveBytesPerPixel : 0);
}

function byteLength(bytes: Uint8Array): number {
  return bytes.byteLength;
}
