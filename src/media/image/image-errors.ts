import { PipelineError } from "../../model/errors.ts";

/** Width times height that decoding refuses to exceed unless told otherwise: libvips' own limit. */
export const defaultMaxInputPixels = 268_402_689;

export function emptyImage(): PipelineError {
  return new PipelineError("SAMPLE_EMPTY", "the image holds no bytes");
}

export function cutHeader(format: string, bytes: number): PipelineError {
  return new PipelineError(
    "SAMPLE_CORRUPT",
    `the ${format} image ends within its header or its header is damaged: found no size in ${bytes} bytes`,
    { details: { format, bytes } },
  );
}

export function unsupportedImage(format: string): PipelineError {
  return new PipelineError(
    "SAMPLE_UNSUPPORTED",
    `cannot decode ${format} images; expected JPEG, PNG, WebP, GIF, TIFF or AVIF`,
    { details: { format } },
  );
}

export function tooManyPixels(width: number, height: number, maxInputPixels: number): PipelineError {
  return new PipelineError(
    "SAMPLE_TOO_LARGE",
    `the image has ${width}x${height} = ${width * height} pixels, more than maxInputPixels ${maxInputPixels}`,
    { details: { width, height, maxInputPixels } },
  );
}

/**
 * What it means that a decoder refused an image whose header is in order. In our own words: libvips keeps one
 * error text for all threads, so that its words can be those of another image, and quarantine must say the same
 * at every run.
 */
export function decodeFailure(bytes: Uint8Array, format: string): PipelineError {
  const what = endsEarly(bytes, format)
    ? `ends early: its end marker is missing after ${bytes.byteLength} bytes`
    : "is damaged, or uses a feature that the decoder lacks";
  return new PipelineError("SAMPLE_CORRUPT", `cannot decode the ${format} image: it ${what}`, {
    details: { format, bytes: bytes.byteLength },
  });
}

/** Only formats with an end marker tell. Anything may follow the marker. */
export function endsEarly(bytes: Uint8Array, format: string): boolean {
  const marker = endMarkers[format];
  return marker !== undefined && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(marker) < 0;
}

const endMarkers: { readonly [format: string]: Buffer } = {
  jpeg: Buffer.of(0xff, 0xd9),
  png: Buffer.from("IEND", "latin1"),
};
