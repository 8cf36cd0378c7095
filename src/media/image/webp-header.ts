import { exifOrientation } from "./exif-orientation.ts";
import { displayed, type HeaderBytes, type ImageHeader } from "./image-header.ts";

const riffHeaderBytes = 12;

/** One RIFF chunk: `to` includes the padding to an even size. */
export interface WebpChunk {
  readonly type: string;
  readonly from: number;
  readonly data: number;
  readonly to: number;
}

/** Chunks in order; ends where the file is cut. */
export function* webpChunks(file: HeaderBytes): Generator<WebpChunk> {
  let from = riffHeaderBytes;
  while (from + 8 <= file.length) {
    const length = file.u32(from + 4, true);
    const type = String.fromCharCode(...file.bytes.subarray(from, from + 4));
    const to = from + 8 + length + (length % 2);
    yield { type, from, data: from + 8, to };
    from = to;
  }
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/** Undefined when no chunk that gives the size lies within the bytes. */
export function webpHeader(file: HeaderBytes): ImageHeader | undefined {
  let canvas: Canvas | undefined;
  let orientation = 1;
  let frames = 0;
  let profile: ImageHeader["profile"] = "none";
  for (const chunk of webpChunks(file)) {
    if (chunk.type === "VP8X") canvas = extendedCanvas(file, chunk.data);
    if (chunk.type === "VP8L") canvas ??= losslessCanvas(file, chunk.data);
    if (chunk.type === "VP8 ") canvas ??= lossyCanvas(file, chunk.data);
    if (chunk.type === "ANMF") frames++;
    if (chunk.type === "ICCP") profile = "other";
    if (chunk.type === "EXIF") orientation = webpOrientation(file.sub(chunk.data, chunk.to));
  }
  if (canvas === undefined || canvas.width < 1 || canvas.height < 1) return undefined;
  return displayed({
    format: "webp",
    ...canvas,
    orientation,
    colourModel: "rgb",
    bitDepth: 8,
    isProgressive: false,
    pages: Math.max(1, frames),
    profile,
  });
}

/** Some writers put `Exif\0\0` before the TIFF structure, as in a JPEG. */
function webpOrientation(exif: HeaderBytes): number {
  return exifOrientation(exif.has(0, "Exif\0\0") ? exif.sub(6, exif.length) : exif);
}

function extendedCanvas(file: HeaderBytes, data: number): Canvas | undefined {
  if (file.u16(data + 8) < 0) return undefined;
  const u24 = (at: number) => file.u8(at) + (file.u8(at + 1) << 8) + (file.u8(at + 2) << 16);
  return { width: u24(data + 4) + 1, height: u24(data + 7) + 1, hasAlpha: (file.u8(data) & 0x10) !== 0 };
}

function losslessCanvas(file: HeaderBytes, data: number): Canvas | undefined {
  const bits = file.u32(data + 1, true);
  if (file.u8(data) !== 0x2f || bits < 0) return undefined;
  return {
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    hasAlpha: ((bits >>> 28) & 1) === 1,
  };
}

function lossyCanvas(file: HeaderBytes, data: number): Canvas | undefined {
  const height = file.u16(data + 8, true);
  if (height < 0) return undefined;
  return { width: file.u16(data + 6, true) & 0x3fff, height: height & 0x3fff, hasAlpha: false };
}
