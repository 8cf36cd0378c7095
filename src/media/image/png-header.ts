import { exifOrientation } from "./exif-orientation.ts";
import { displayed, type HeaderBytes, type ImageHeader } from "./image-header.ts";

export const pngSignatureBytes = 8;

/** One chunk: `from` is its length field, `to` the first byte behind its checksum. */
export interface PngChunk {
  readonly type: string;
  readonly from: number;
  readonly data: number;
  readonly to: number;
}

/** Chunks in order; ends where the file is cut. */
export function* pngChunks(file: HeaderBytes): Generator<PngChunk> {
  let from = pngSignatureBytes;
  while (from + 8 <= file.length) {
    const length = file.u32(from);
    const type = String.fromCharCode(...file.bytes.subarray(from + 4, from + 8));
    const to = from + 12 + length;
    yield { type, from, data: from + 8, to };
    if (type === "IEND") return;
    from = to;
  }
}

/** Undefined when the header chunk is cut or senseless. */
export function pngHeader(file: HeaderBytes): ImageHeader | undefined {
  const width = file.u32(16);
  const height = file.u32(20);
  const bitDepth = file.u8(24);
  const colourType = file.u8(25);
  const interlace = file.u8(28);
  if (!file.has(12, "IHDR") || width < 1 || height < 1 || interlace < 0) return undefined;
  let orientation = 1;
  let pages = 1;
  let hasTransparency = false;
  let profile: ImageHeader["profile"] = "none";
  for (const chunk of pngChunks(file)) {
    if (chunk.type === "IDAT") break;
    if (chunk.type === "tRNS") hasTransparency = true;
    if (chunk.type === "iCCP") profile = "other";
    if (chunk.type === "acTL") pages = Math.max(1, file.u32(chunk.data));
    if (chunk.type === "eXIf") orientation = exifOrientation(file.sub(chunk.data, chunk.to - 4));
  }
  return displayed({
    format: "png",
    width,
    height,
    orientation,
    colourModel: colourType === 0 || colourType === 4 ? "grey" : "rgb",
    hasAlpha: hasTransparency || colourType === 4 || colourType === 6,
    bitDepth: colourType === 3 ? 8 : bitDepth,
    isProgressive: interlace === 1,
    pages,
    profile,
  });
}
