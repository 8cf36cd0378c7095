import { crc32 } from "node:zlib";

/** Bytes as they arrive, in pieces of their own memory: what is kept of one keeps no other alive. */
export class CollectedBytes {
  readonly #pieceBytes: number;
  readonly #pieces: Buffer[] = [];
  #expected: number | undefined;
  #received = 0;

  constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes;
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
    for (let from = 0; from < chunk.byteLength; ) {
      const within = this.#received % this.#pieceBytes;
      if (within === 0) {
        // Outside of Node's shared pool.
        this.#pieces.push(Buffer.allocUnsafeSlow(Math.min(this.#pieceBytes, expected - this.#received)));
      }
      const piece = this.#pieces.at(-1);
      if (piece === undefined) return false;
      const length = chunk.copy(
        piece,
        within,
        from,
        from + Math.min(piece.byteLength - within, chunk.byteLength - from),
      );
      from += length;
      this.#received += length;
    }
    return true;
  }

  /** The pieces, each of the size that was asked for but the last. */
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
