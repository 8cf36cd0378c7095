import type { Content } from "../../model/content.ts";

/** Decoded pixels: 8 bits a channel, sRGB or grey, upright, interleaved, rows without gaps. Nobody writes into them. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 RGB and alpha (not premultiplied). */
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

export const encodedFormats = ["jpeg", "png", "webp", "avif"] as const;

/** How pixels become bytes. */
export interface Encoding {
  readonly format: (typeof encodedFormats)[number];
  /** 1 to 100; PNG has none. */
  readonly quality: number;
  /** JPEG and AVIF. */
  readonly chromaSubsampling: "4:2:0" | "4:4:4";
  /** 0 fastest to 9 smallest: PNG, WebP, AVIF. */
  readonly effort: number;
}

export type EncodePixels = (pixels: Pixels, encoding: Encoding) => Uint8Array | Promise<Uint8Array>;

/** An image that is pixels until somebody asks for its bytes: several steps on it encode once. */
export class PixelContent implements Content {
  readonly pixels: Pixels;
  readonly encoding: Encoding;
  readonly #encode: EncodePixels;
  #encoded: Uint8Array | undefined;
  #encoding: Promise<Uint8Array> | undefined;

  constructor(pixels: Pixels, encoding: Encoding, encode: EncodePixels) {
    this.pixels = pixels;
    this.encoding = encoding;
    this.#encode = encode;
  }

  bytes(): Promise<Uint8Array> {
    this.#encoding ??= this.#encodeOnce();
    return this.#encoding;
  }

  peek(): Uint8Array | undefined {
    return this.#encoded;
  }

  async #encodeOnce(): Promise<Uint8Array> {
    this.#encoded = await this.#encode(this.pixels, this.encoding);
    return this.#encoded;
  }
}

/** Colour that shows through alpha, or surrounds: red, green and blue, 0 to 255. */
export type Background = readonly [red: number, green: number, blue: number];

export type OpaquePixels = Pixels & { readonly channels: 1 | 3 };

/** The pixels without alpha, matted on `background` as img2dataset does. */
export function flatten(pixels: Pixels, background: Background): OpaquePixels {
  const { width, height, channels, data } = pixels;
  if (channels !== 4) return { width, height, channels, data };
  const [red, green, blue] = background;
  const flat = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3] ?? 0;
    flat[to] = matted(data[from] ?? 0, red, alpha);
    flat[to + 1] = matted(data[from + 1] ?? 0, green, alpha);
    flat[to + 2] = matted(data[from + 2] ?? 0, blue, alpha);
  }
  return { width, height, channels: 3, data: flat };
}

function matted(value: number, behind: number, alpha: number): number {
  return Math.round((alpha * value + (255 - alpha) * behind) / 255);
}
