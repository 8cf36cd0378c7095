import { JpegReducer, type JpegReduction, jpegReductions, type ReducedJpeg } from "../../kernels/jpeg-reducer.ts";
import { baselineJpeg } from "../../media/image/baseline-jpeg.ts";
import { countDecode } from "../../media/image/decode-tally.ts";
import { admitsPlainJpeg } from "../../media/image/image-codec.ts";
import type { ImageHeader } from "../../media/image/image-header.ts";
import type { ResizeGeometry } from "./resize-geometry.ts";

/** Images that take more memory than this go to sharp, which streams. */
export const maxKernelBytes = 48 * 1024 * 1024;

/** Decodes plain baseline JPEGs that are to shrink at a half, a quarter or an eighth of their size. Keeps its memory. */
export class ReducedJpegs {
  readonly #reducer = new JpegReducer();

  /**
   * Pixels as they are stored, not turned upright, of no fewer columns and rows than `geometry` scales to; their data is
   * valid until the next call. Undefined when the image does not shrink by half, or is no plain baseline JPEG. Throws
   * what `ImageCodec.pixels` would when it has too many pixels or ends early.
   */
  decode(
    bytes: Uint8Array,
    header: ImageHeader,
    geometry: ResizeGeometry,
    maxInputPixels: number,
  ): ReducedJpeg | undefined {
    const reduction = reductionFor(header, geometry);
    if (reduction === undefined || header.isProgressive || !admitsPlainJpeg(bytes, header, maxInputPixels)) {
      return undefined;
    }
    const scan = baselineJpeg(bytes);
    if (scan === undefined || JpegReducer.bytesFor(scan, bytes.length, reduction) > maxKernelBytes) return undefined;
    const reduced = this.#reducer.reduce(bytes, scan, reduction);
    if (reduced !== undefined) countDecode("jpeg-reduced");
    return reduced;
  }
}

function reductionFor(header: ImageHeader, geometry: ResizeGeometry): JpegReduction | undefined {
  const factor = Math.min(header.width / geometry.scaledWidth, header.height / geometry.scaledHeight);
  return jpegReductions.find((reduction) => factor >= reduction);
}
