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
   * valid until the next call. "unfit" when the image does not shrink by half, or is no plain JPEG that the kernel knows;
   * "damaged" when the kernel objects to its bytes. Throws what `ImageCodec.pixels` would when it has too many pixels or
   * ends early.
   */
  decode(
    bytes: Uint8Array,
    header: ImageHeader,
    geometry: ResizeGeometry,
    maxInputPixels: number,
  ): ReducedJpeg | "unfit" | "damaged" {
    const reduction = reductionFor(header, geometry);
    if (reduction === undefined || !admitsPlainJpeg(bytes, header, maxInputPixels)) return "unfit";
    const frame = jpegScans(bytes);
    const reduced = frame === undefined ? "unfit" : this.#reducer.reduce(bytes, frame, reduction, maxKernelBytes);
    if (typeof reduced !== "string") countDecode("jpeg-reduced");
    return reduced;
  }
}

function reductionFor(header: ImageHeader, geometry: ResizeGeometry): JpegReduction | undefined {
  const factor = Math.min(header.width / geometry.scaledWidth, header.height / geometry.scaledHeight);
  return jpegReductions.find((reduction) => factor >= reduction);
}
