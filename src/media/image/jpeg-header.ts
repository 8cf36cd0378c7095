import { exifOrientation } from "./exif-orientation.ts";
import { isSrgbProfile } from "./icc-profile.ts";
import { displayed, type HeaderBytes, type ImageHeader } from "./image-header.ts";

const startOfScan = 0xda;
const endOfImage = 0xd9;
const exifSignature = "Exif\0\0";
const iccSignature = "ICC_PROFILE\0";
const notFrames = new Set([0xc4, 0xc8, 0xcc]);

/** One marker segment: `from` is its 0xff, `to` the first byte behind it. `marker` 0xda ends the tables. */
export interface JpegSegment {
  readonly marker: number;
  readonly from: number;
  /** First byte of the payload, behind the length. */
  readonly payload: number;
  readonly to: number;
}

/**
 * Segments from `from`, without which it is the start of the image, up to and including the next scan's header; ends early
 * where the file is cut.
 */
export function* jpegSegments(file: HeaderBytes, from = 2): Generator<JpegSegment> {
  let at = from;
  while (at < file.length) {
    while (at < file.length && file.u8(at) !== 0xff) at++;
    const start = at;
    while (file.u8(at) === 0xff) at++;
    const marker = file.u8(at);
    if (marker === endOfImage || marker === -1) return;
    if (marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at++;
      continue;
    }
    const length = file.u16(at + 1);
    if (length < 2) return;
    const to = at + 1 + length;
    yield { marker, from: start, payload: at + 3, to };
    if (marker === startOfScan) return;
    at = to;
  }
}

/** Undefined when no frame header lies within the bytes. */
export function jpegHeader(file: HeaderBytes): ImageHeader | undefined {
  let frame: JpegSegment | undefined;
  let orientation: number | undefined;
  let profile: ImageHeader["profile"] = "none";
  for (const segment of jpegSegments(file)) {
    const { marker, payload, to } = segment;
    if (marker === 0xe1 && file.has(payload, exifSignature)) {
      orientation ??= exifOrientation(file.sub(payload + exifSignature.length, to));
    } else if (marker === 0xe2 && profile === "none" && file.has(payload, iccSignature)) {
      profile = isSrgbProfile(file.sub(payload + iccSignature.length + 2, to)) ? "srgb" : "other";
    } else if (marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker)) {
      frame ??= segment;
    }
  }
  if (frame === undefined) return undefined;
  const components = file.u8(frame.payload + 5);
  const height = file.u16(frame.payload + 1);
  const width = file.u16(frame.payload + 3);
  if (width < 1 || height < 1 || components < 1) return undefined;
  return displayed({
    format: "jpeg",
    width,
    height,
    orientation: orientation ?? 1,
    colourModel: components === 1 ? "grey" : components === 4 ? "cmyk" : "rgb",
    hasAlpha: false,
    bitDepth: file.u8(frame.payload),
    isProgressive: frame.marker === 0xc2 || frame.marker === 0xca,
    pages: 1,
    profile,
  });
}
