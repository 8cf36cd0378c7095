import { crc32 } from "node:zlib";

/**
 * Bytes as they arrive. As `pieces` they stay the memory that they came in, without a copy; as a `whole` they are
 * copied into one piece, unless they came as one.
 */
export class CollectedBytes {
  readonly #as: "whole" | "pieces";
  readonly #pieces: Buffer[] = [];
  #expected: number | undefined;
  #received = 0;

  constructor(as: "whole" | "pieces") {
    this.#as = as;
  }

  get received(): number {
    return this.#received;
  }

  /** How many there will be in all; undefined until that is known. */
  get expected(): number | undefined {
    return this.#expected;
  }

  get isComplete(): boolean {
    return this.#received === this.#expected;
  }

  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** False when there are more than expected; then nothing is taken. */
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

  get pieces(): readonly Buffer[] {
    return this.#pieces;
  }

  /** As S3 writes it: the big-endian CRC-32 in Base64. */
  crc32(): string {
    let value = 0;
    for (const piece of this.#pieces) value = crc32(piece, value);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes.toString("base64");
  }
}

/** Whether a chunk is all there is, in memory that holds little else. */
function isAlone(chunk: Buffer, expected: number): boolean {
  return chunk.byteLength === expected && chunk.buffer.byteLength < 2 * expected;
}
