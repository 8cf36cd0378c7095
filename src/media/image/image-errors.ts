import { messageOf, PipelineError } from "../../model/errors.ts";

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

/** What a decoder's error means for the sample, in the decoder's own words. */
export function decodeFailure(error: unknown, format: string): PipelineError {
  const words = messageOf(error).trim().split("\n");
  const message = [...new Set(words)].join("; ");
  if (/exceeds pixel limit/i.test(message)) {
    return new PipelineError("SAMPLE_TOO_LARGE", `cannot decode the ${format} image: ${message}`, { cause: error });
  }
  if (/unsupported image format|unsupported (codec|feature|color|bit)|no decod|not supported/i.test(message)) {
    return new PipelineError("SAMPLE_UNSUPPORTED", `cannot decode the ${format} image: ${message}`, { cause: error });
  }
  return new PipelineError("SAMPLE_CORRUPT", `cannot decode the ${format} image: ${message}`, {
    cause: error,
    details: { format },
  });
}
