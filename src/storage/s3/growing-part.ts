const firstBytes = 64 * 1024;

/** Gathers the bytes of one part in memory that grows with them. */
export class GrowingPart {
  #memory: Buffer = Buffer.alloc(0);
  #used = 0;

  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#used);
  }

  /** Copies as much of the chunk as fits below `limit`; answers how much that was. */
  take(chunk: Uint8Array, limit: number): number {
    const length = Math.min(chunk.byteLength, limit - this.#used);
    const needed = this.#used + length;
    if (needed > this.#memory.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.min(limit, Math.max(firstBytes, needed, this.#memory.byteLength * 2)));
      larger.set(this.bytes);
      this.#memory = larger;
    }
    this.#memory.set(chunk.subarray(0, length), this.#used);
    this.#used = needed;
    return length;
  }

  /** Begins anew, in memory of its own: whoever has the bytes keeps them. */
  clear(): void {
    this.#memory = Buffer.alloc(0);
    this.#used = 0;
  }
}
