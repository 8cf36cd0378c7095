import { PipelineError } from "../../model/errors.ts";
import { gifBlocks, isGifMetadata } from "./gif-header.ts";
import { HeaderBytes, type ImageFormat } from "./image-header.ts";
import { jpegSegments } from "./jpeg-header.ts";
import { pngChunks, pngSignatureBytes } from "./png-header.ts";
import { webpChunks } from "./webp-header.ts";

const strippers = { jpeg: stripJpeg, png: stripPng, webp: stripWebp, gif: stripGif };

/** Formats whose metadata can be cut out with the compressed pixels left as they are. */
export function canStrip(format: ImageFormat): format is keyof typeof strippers {
  return Object.hasOwn(strippers, format);
}

/**
 * The file without EXIF, XMP, ICC, comments, text, thumbnails and whatever lies behind the image's end; pixels,
 * transparency and animation are the same bytes. Throws SAMPLE_CORRUPT when the file ends early.
 */
export function stripContainer(bytes: Uint8Array, format: keyof typeof strippers): Uint8Array {
  return strippers[format](new HeaderBytes(bytes));
}

function stripJpeg(file: HeaderBytes): Uint8Array {
  const kept = [file.bytes.subarray(0, 2)];
  for (const { marker, from, to } of jpegSegments(file)) {
    if (marker === 0xda) {
      kept.push(file.bytes.subarray(from, endOfJpeg(file, to)));
      return Buffer.concat(kept);
    }
    // APP0 is JFIF, APP14 says how colours are coded; all other APPn and comments are metadata.
    const isMetadata = (marker > 0xe0 && marker <= 0xef && marker !== 0xee) || marker === 0xfe;
    if (!isMetadata) kept.push(file.bytes.subarray(from, to));
  }
  throw cut("jpeg", file);
}

/** First byte behind the end-of-image marker, looked for from within the first scan. */
function endOfJpeg(file: HeaderBytes, scan: number): number {
  let at = file.bytes.indexOf(0xff, scan);
  while (at !== -1) {
    const marker = file.u8(at + 1);
    if (marker === 0xd9) return at + 2;
    const isInsideScan = marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7);
    if (isInsideScan) at = file.bytes.indexOf(0xff, at + (marker === 0xff ? 1 : 2));
    else at = file.bytes.indexOf(0xff, at + 2 + Math.max(0, file.u16(at + 2)));
  }
  throw cut("jpeg", file);
}

const keptChunks = new Set("tRNS gAMA cHRM sRGB sBIT bKGD hIST pHYs acTL fcTL fdAT cICP mDCV cLLI".split(" "));

function stripPng(file: HeaderBytes): Uint8Array {
  const kept = [file.bytes.subarray(0, pngSignatureBytes)];
  for (const { type, from, to } of pngChunks(file)) {
    if (to > file.length) break;
    const isCritical = /^[A-Z]/.test(type);
    if (isCritical || keptChunks.has(type)) kept.push(file.bytes.subarray(from, to));
    if (type === "IEND") return Buffer.concat(kept);
  }
  throw cut("png", file);
}

/** Bits of VP8X that announce ICC, EXIF and XMP chunks. */
const metadataFlags = 0x20 | 0x08 | 0x04;

function stripWebp(file: HeaderBytes): Uint8Array {
  const end = 8 + file.u32(4, true);
  if (end > file.length) throw cut("webp", file);
  const kept = [file.bytes.slice(0, 12)];
  for (const { type, from, data, to } of webpChunks(file.sub(0, end))) {
    if (type === "EXIF" || type === "XMP " || type === "ICCP") continue;
    const chunk = file.bytes.slice(from, Math.min(to, end));
    if (type === "VP8X") chunk[data - from] = (chunk[data - from] ?? 0) & ~metadataFlags;
    kept.push(chunk);
  }
  const stripped = Buffer.concat(kept);
  stripped.writeUInt32LE(stripped.length - 8, 4);
  return stripped;
}

function stripGif(file: HeaderBytes): Uint8Array {
  const kept: Uint8Array[] = [];
  for (const block of gifBlocks(file)) {
    if (block.to > file.length) break;
    if (!isGifMetadata(file, block)) kept.push(file.bytes.subarray(block.from, block.to));
    if (block.kind === "trailer") return Buffer.concat(kept);
  }
  throw cut("gif", file);
}

function cut(format: string, file: HeaderBytes): PipelineError {
  return new PipelineError(
    "SAMPLE_CORRUPT",
    `the ${format} image of ${file.length} bytes ends before its end marker or is damaged`,
    { details: { format, bytes: file.length } },
  );
}
