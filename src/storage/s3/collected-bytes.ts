import { crc32 } from "node:zlib";
import type { ReceivedBytes } from "./received-bytes.ts";

/**
 * Bytes that are kept until all have arrived. As `pieces` they stay the memory that they came in, without a copy; as a
 * `whole` they are copied into one piece, unless they came as one.
 */
export class CollectedBytes implements ReceivedBytes {
  readonly #as: "whole" | "pieces";
  #pieces: Buffer[] = [];
  #expected: number | undefined;
  #received = 0;

  constructor(as: "whole" | "pieces") {
    this.#as = as;
  }

  get received(): number {
    return this.#received;
  }

  get expected(): number | undefined {
    return this.#expected;
  }

  expect(bytes: number): void {
    this.#expected = bytes;
  }

  take(chunk: Buffer): boolean {
    const expected = this.#expected ?? 0;
    if (this.#received + chunk.byteLength > expected) return false;
    if (this.#as === "pieces" || isAlone(chunk, expected)) this.#pieces.push(chunk);
    else {
      // Outside of Node's shared pool: what is kept of it keeps nothing else alive.
      if (this.#received === 0) this.#pieces.push(Buffer.allocUnsafeSlow(expected));
      this.#pieces[0]?.set(chunk, this.#received);
    }
    this.#received += chunk.byteLength;
    return true;
  }

  room(): undefined {
    return undefined;
  }

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  isIntact(checksum: string): boolean {
    let value = 0;
    for (const piece of this.#pieces) value = crc32(piece, value);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    if (bytes.toString("base64") === checksum) return true;
    this.#pieces = [];
    this.#received = 0;
    this.#expected = undefined;
    return false;
  }
}

/** Whether a chunk is all there is, in memory that holds little else. */
function isAlone(chunk: Buffer, expected: number): boolean {
  return chunk.byteLength === expected && chunk.buffer.byteLength < 2 * expected;
}
