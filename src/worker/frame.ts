import { PipelineError } from "../model/errors.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";

/** A message on the wire: `u32be headerLength | u32be bodyLength | JSON header | body`. */
export interface Frame {
  readonly header: JsonObject;
  readonly body: Uint8Array;
}

export const maxHeaderBytes = 64 * 2 ** 20;
export const maxBodyBytes = 64 * 2 ** 20;
const prefixBytes = 8;
const noBytes = new Uint8Array(0);

/** Bytes of one frame; `header` must be pure data. Throws PROTOCOL when a part is above its limit. */
export function encodeFrame(header: object, body: Uint8Array = noBytes): Uint8Array {
  const headerBytes = Buffer.from(JSON.stringify(header), "utf8");
  checkLengths(headerBytes.byteLength, body.byteLength);
  const frame = Buffer.allocUnsafe(prefixBytes + headerBytes.byteLength + body.byteLength);
  frame.writeUInt32BE(headerBytes.byteLength, 0);
  frame.writeUInt32BE(body.byteLength, 4);
  frame.set(headerBytes, prefixBytes);
  frame.set(body, prefixBytes + headerBytes.byteLength);
  return frame;
}

/**
 * Turns chunks, cut anywhere, into frames. `push` returns the frames that the chunk completed, in
 * order; throws PROTOCOL on bytes that are no frame, after which the decoder must not be used.
 */
export class FrameDecoder {
  // A list, joined once a frame is whole: joining at every chunk would be quadratic in the frame's size.
  #chunks: Uint8Array[] = [];
  #held = 0;
  #needed = prefixBytes;

  push(chunk: Uint8Array): readonly Frame[] {
    this.#chunks.push(chunk);
    this.#held += chunk.byteLength;
    const frames: Frame[] = [];
    while (this.#held >= this.#needed) {
      const bytes = this.#joined();
      const headerLength = bytes.readUInt32BE(0);
      const bodyLength = bytes.readUInt32BE(4);
      checkLengths(headerLength, bodyLength);
      const end = prefixBytes + headerLength + bodyLength;
      if (bytes.byteLength < end) {
        this.#needed = end;
        break;
      }
      const bodyStart = prefixBytes + headerLength;
      frames.push({
        header: parseHeader(bytes.subarray(prefixBytes, bodyStart)),
        body: bytes.subarray(bodyStart, end),
      });
      this.#chunks = end === bytes.byteLength ? [] : [bytes.subarray(end)];
      this.#held = bytes.byteLength - end;
      this.#needed = prefixBytes;
    }
    return frames;
  }

  /** Bytes of a frame that has begun and not ended. */
  get pendingBytes(): number {
    return this.#held;
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    const joined =
      this.#chunks.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
        : Buffer.concat(this.#chunks, this.#held);
    this.#chunks = [joined];
    return joined;
  }
}

function checkLengths(headerLength: number, bodyLength: number): void {
  if (headerLength > maxHeaderBytes || bodyLength > maxBodyBytes) {
    throw new PipelineError(
      "PROTOCOL",
      `frame of ${headerLength} header and ${bodyLength} body bytes: expected at most ${maxHeaderBytes} and ${maxBodyBytes}`,
    );
  }
}

function parseHeader(bytes: Buffer): JsonObject {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new PipelineError("PROTOCOL", "frame header is not JSON", { cause });
  }
  if (!isJsonObject(header)) throw new PipelineError("PROTOCOL", "frame header is not a JSON object");
  return header;
}
