import { gifHeader } from "./gif-header.ts";
import { cutHeader, decodeFailure, emptyImage, unsupportedImage } from "./image-errors.ts";
import { displayed, HeaderBytes, type ImageFormat, type ImageHeader } from "./image-header.ts";
import { jpegHeader } from "./jpeg-header.ts";
import { loadSharp } from "./load-sharp.ts";
import { pngHeader } from "./png-header.ts";
import { webpHeader } from "./webp-header.ts";

/**
 * Reads an image's header, without decoding: at once for JPEG, PNG, WebP, GIF and BMP, by libvips for TIFF and HEIF/AVIF.
 * Throws or rejects with SAMPLE_EMPTY, SAMPLE_CORRUPT (cut or damaged header) or SAMPLE_UNSUPPORTED.
 * The format comes from the bytes. A file that is cut behind its header has a header.
 */
export function probeImage(bytes: Uint8Array): ImageHeader | Promise<ImageHeader> {
  if (bytes.length === 0) throw emptyImage();
  const file = new HeaderBytes(bytes);
  const format = sniffFormat(file);
  if (format === undefined) throw unsupportedImage("unrecognised");
  if (format === "svg" || format === "jp2") throw unsupportedImage(format);
  if (format === "tiff" || format === "heif") return probeWithSharp(bytes, format);
  const header = parsers[format](file);
  if (header === undefined) throw cutHeader(format, bytes.length);
  return header;
}

/** The format that the bytes say they are; undefined when none is known. */
export function sniffFormat(file: HeaderBytes): ImageFormat | undefined {
  if (file.u16(0) === 0xffd8) return "jpeg";
  if (file.has(0, "\x89PNG\r\n\x1a\n")) return "png";
  if (file.has(0, "RIFF") && file.has(8, "WEBP")) return "webp";
  if (file.has(0, "GIF87a") || file.has(0, "GIF89a")) return "gif";
  if (/^(II[*+]\0|MM\0[*+])/.test(ascii(file, 4))) return "tiff";
  if (file.has(4, "ftyp") && /avif|avis|heic|heix|heim|heis|hevc|mif1|msf1|miaf/.test(ascii(file, 64))) return "heif";
  if (file.has(0, "\0\0\0\x0cjP  ") || file.u32(0) === 0xff4fff51) return "jp2";
  if (file.has(0, "BM") && file.length >= 14) return "bmp";
  if (/<svg[\s>]/.test(ascii(file, 1024))) return "svg";
  return undefined;
}

const parsers = { jpeg: jpegHeader, png: pngHeader, webp: webpHeader, gif: gifHeader, bmp: bmpHeader };

function ascii(file: HeaderBytes, length: number): string {
  return String.fromCharCode(...file.bytes.subarray(0, length));
}

function bmpHeader(file: HeaderBytes): ImageHeader | undefined {
  const width = file.u32(18, true);
  const height = Math.abs(file.u32(22, true) | 0);
  if (width < 1 || height < 1 || file.u16(28, true) < 0) return undefined;
  return {
    format: "bmp",
    width,
    height,
    orientation: 1,
    colourModel: "rgb",
    hasAlpha: file.u16(28, true) === 32,
    bitDepth: 8,
    isProgressive: false,
    pages: 1,
    profile: "none",
  };
}

async function probeWithSharp(bytes: Uint8Array, format: "tiff" | "heif"): Promise<ImageHeader> {
  const sharp = await loadSharp();
  try {
    const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { space } = metadata;
    return displayed({
      format,
      width: metadata.width,
      height: metadata.pageHeight ?? metadata.height,
      // libheif turns HEIF images upright itself.
      orientation: format === "heif" ? 1 : (metadata.orientation ?? 1),
      colourModel: space === "cmyk" ? "cmyk" : space === "b-w" || space === "grey16" ? "grey" : "rgb",
      hasAlpha: metadata.hasAlpha,
      bitDepth: metadata.depth === "uchar" ? 8 : metadata.depth === "ushort" ? 16 : 32,
      isProgressive: false,
      pages: metadata.pages ?? 1,
      profile: metadata.hasProfile ? "other" : "none",
    });
  } catch {
    // The decoder's words cannot be trusted to be about this image: see decodeFailure.
    throw decodeFailure(bytes, format);
  }
}
