import { type JpegReduction, jpegReductions } from "../../kernels/jpeg-frame.ts";
import { JpegReducer, type ReducedJpeg } from "../../kernels/jpeg-reducer.ts";
import { countDecode } from "../../media/image/decode-tally.ts";
import { admitsPlainJpeg } from "../../media/image/image-codec.ts";
import type { ImageHeader } from "../../media/image/image-header.ts";
import { jpegScans } from "../../media/image/jpeg-scans.ts";
import type { ResizeGeometry } from "./resize-geometry.ts";

/** Images that take more memory than this go to sharp, which streams. */
export const maxKernelBytes = 48 * 1024 * 1024;

/** Decodes plain JPEGs that are to shrink at a half, a quarter or an eighth of their size. Keeps its memory. */
export class ReducedJpegs {
  readonly #reducer = new JpegReducer();

  /**
   * Pixels as they are stored, not turned upright, of no fewer columns and rows than `geometry` scales to; their data is
   * valid until the next call. Undefined when the image does not shrink by half, or is no plain JPEG
   * that the kernel knows. Throws
   * what `ImageCodec.pixels` would when it has too many pixels or ends early.
   */
  decode(
    bytes: Uint8Array,
    header: ImageHeader,
    geometry: ResizeGeometry,
    maxInputPixels: number,
  ): ReducedJpeg | undefined {
    const reduction = reductionFor(header, geometry);
    if (reduction === undefined || !admitsPlainJpeg(bytes, header, maxInputPixels)) return undefined;
    const frame = jpegScans(bytes);
    const reduced = frame === undefined ? undefined : this.#reducer.reduce(bytes, frame, reduction, maxKernelBytes);
    if (reduced !== undefined) countDecode("jpeg-reduced");
    return reduced;
  }
}

function reductionFor(header: ImageHeader, geometry: ResizeGeometry): JpegReduction | undefined {
  const factor = Math.min(header.width / geometry.scaledWidth, header.height / geometry.scaledHeight);
  return jpegReductions.find((reduction) => factor >= reduction);
}
