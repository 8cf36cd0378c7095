import { type JpegReduction, jpegReductions } from "../../kernels/jpeg-frame.ts";
import { JpegReducer, type ReducedJpeg } from "../../kernels/jpeg-reducer.ts";
import { isBareCmyk } from "../../media/image/bare-cmyk.ts";
import { countDecode } from "../../media/image/decode-tally.ts";
import { isPlainJpeg, requireWhole } from "../../media/image/image-codec.ts";
import type { ImageHeader } from "../../media/image/image-header.ts";
import { jpegScans } from "../../media/image/jpeg-scans.ts";
import type { ResizeGeometry } from "./resize-geometry.ts";

/** Images that take more memory than this go to sharp, which streams. */
export const maxKernelBytes = 48 * 1024 * 1024;

/**
 * Decodes plain JPEGs that are to shrink at a half, a quarter or an eighth of their size, and those of CMYK without a
 * profile, whole as well, since libjpeg-turbo's binding has none. Keeps its memory.
 */
export class ReducedJpegs {
  readonly #reducer = new JpegReducer();

  /**
   * Pixels as they are stored, not turned upright, of no fewer columns and rows than `geometry` scales to; their data is
   * valid until the next call. "unfit" when the image is none of these, or uses what the kernel does not know; "damaged"
   * when the kernel objects to its bytes. Throws what `ImageCodec.pixels` would when it has too many pixels or
   * ends early.
   */
  decode(
    bytes: Uint8Array,
    header: ImageHeader,
    geometry: ResizeGeometry,
    maxInputPixels: number,
  ): ReducedJpeg | "unfit" | "damaged" {
    const isCmyk = header.format === "jpeg" && header.bitDepth === 8 && isBareCmyk(header);
    const reduction = reductionFor(header, geometry);
    if (!isCmyk && (reduction === 1 || !isPlainJpeg(header))) return "unfit";
    requireWhole(bytes, header, maxInputPixels);
    const frame = jpegScans(bytes);
    const reduced = frame === undefined ? "unfit" : this.#reducer.reduce(bytes, frame, reduction, maxKernelBytes);
    if (typeof reduced !== "string") countDecode("jpeg-kernel");
    return reduced;
  }
}

function reductionFor(header: ImageHeader, geometry: ResizeGeometry): JpegReduction {
  const factor = Math.min(header.width / geometry.scaledWidth, header.height / geometry.scaledHeight);
  return jpegReductions.find((reduction) => factor >= reduction) ?? 1;
}
