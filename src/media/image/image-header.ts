export const imageFormats = ["jpeg", "png", "webp", "gif", "tiff", "heif", "bmp", "svg", "jp2"] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** What an image's first bytes say, without decoding. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels as displayed: after the EXIF orientation. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (upright) to 8; 5 and above swap width and height. */
  readonly orientation: number;
  readonly colourModel: "grey" | "rgb" | "cmyk";
  readonly hasAlpha: boolean;
  /** Bits a channel. */
  readonly bitDepth: number;
  readonly isProgressive: boolean;
  /** Frames or pages; everything here decodes the first. */
  readonly pages: number;
  /** Embedded ICC profile: `other` = pixels differ from sRGB until converted. */
  readonly profile: "none" | "srgb" | "other";
}

/** Channels of the decoded 8-bit pixels: CMYK becomes RGB, and so does grey with alpha. */
export function decodedChannels(header: ImageHeader): 1 | 3 | 4 {
  if (header.hasAlpha) return 4;
  return header.colourModel === "grey" ? 1 : 3;
}

/** The header with stored width and height turned into displayed ones. */
export function displayed(stored: ImageHeader): ImageHeader {
  if (stored.orientation < 5) return stored;
  return { ...stored, width: stored.height, height: stored.width };
}

/** Big- and little-endian reads that answer -1 past the end, so that cut headers need no exceptions. */
export class HeaderBytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return at >= 0 && at < this.length ? this.#view.getUint8(at) : -1;
  }

  u16(at: number, littleEndian = false): number {
    return at >= 0 && at + 2 <= this.length ? this.#view.getUint16(at, littleEndian) : -1;
  }

  u32(at: number, littleEndian = false): number {
    return at >= 0 && at + 4 <= this.length ? this.#view.getUint32(at, littleEndian) : -1;
  }

  /** Whether the ASCII `text` stands at `at`. */
  has(at: number, text: string): boolean {
    if (at + text.length > this.length) return false;
    for (let index = 0; index < text.length; index++) {
      if (this.bytes[at + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  sub(from: number, to: number): HeaderBytes {
    return new HeaderBytes(this.bytes.subarray(from, to));
  }
}
