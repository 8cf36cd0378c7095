import type { Encoding, Pixels } from "./pixels.ts";

type Turbo = typeof import("@julusian/jpeg-turbo");

/** Decoded pixels as they are stored in a file, wherever they lie. */
export interface StoredPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

let loading: Promise<JpegTurbo> | undefined;

/** libjpeg-turbo, loaded once a process. */
export function loadJpegTurbo(): Promise<JpegTurbo> {
  loading ??= import("@julusian/jpeg-turbo").then(
    (module) => new JpegTurbo("default" in module ? asTurbo(module) : module),
  );
  return loading;
}

/** A CommonJS package: its functions are on `default`, whatever its types say. */
function asTurbo(module: Turbo & { default: Turbo }): Turbo {
  return module.default;
}

/** Synchronous JPEG decoding and encoding: about three times as fast as sharp on images below a megapixel. */
export class JpegTurbo {
  readonly #turbo: Turbo;
  #scratch: Buffer = Buffer.alloc(0);

  constructor(turbo: Turbo) {
    this.#turbo = turbo;
  }

  /**
   * Decodes a grey or YCbCr JPEG into `target`, which holds exactly the pixels that its header tells.
   * Uses the fast inverse DCT: within a level or two of the exact one, not equal to it.
   * False when libjpeg-turbo objects in any way; sharp then says what is wrong.
   */
  decodeInto(bytes: Uint8Array, stored: StoredPixels, target: Buffer): boolean {
    const { FORMAT_GRAY, FORMAT_RGB } = this.#turbo;
    const format = stored.channels === 1 ? FORMAT_GRAY : FORMAT_RGB;
    try {
      const decoded = this.#turbo.decompressSync(asBuffer(bytes), target, { format });
      return decoded.width === stored.width && decoded.height === stored.height && decoded.size === target.length;
    } catch {
      // The caller decodes the same bytes with sharp, which throws or copes.
      return false;
    }
  }

  /** Baseline JPEG without metadata. `pixels` have 1 or 3 channels. */
  encode(pixels: Pixels, encoding: Encoding): Uint8Array {
    const turbo = this.#turbo;
    const { width, height, data } = pixels;
    const isGrey = pixels.channels === 1;
    const subsampling = isGrey
      ? turbo.SAMP_GRAY
      : encoding.chromaSubsampling === "4:4:4"
        ? turbo.SAMP_444
        : turbo.SAMP_420;
    const needed = turbo.bufferSize({ width, height, subsampling });
    if (this.#scratch.length < needed) this.#scratch = Buffer.allocUnsafeSlow(needed);
    const encoded = turbo.compressSync(asBuffer(data), this.#scratch, {
      format: isGrey ? turbo.FORMAT_GRAY : turbo.FORMAT_RGB,
      width,
      height,
      subsampling,
      quality: encoding.quality,
    });
    return new Uint8Array(encoded);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
