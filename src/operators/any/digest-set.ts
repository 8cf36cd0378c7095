const wordsPerDigest = 4;

/**
 * A set of 128-bit digests in 16 to 43 bytes each: open addressing in one typed array. Two different
 * inputs count as one with a probability below n² / 2^129 for n digests of a cryptographic hash.
 */
export class DigestSet {
  #slots = new Uint32Array(1024 * wordsPerDigest);
  #isTaken = new Uint8Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds the first 16 bytes of a digest; false when they are there already. */
  add(digest: Uint8Array): boolean {
    if (digest.byteLength < wordsPerDigest * 4)
      throw new RangeError(`a digest of ${digest.byteLength} bytes: expected at least 16`);
    const view = new DataView(digest.buffer, digest.byteOffset, wordsPerDigest * 4);
    const isNew = this.#insert(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
    if (isNew && ++this.#size * 4 > this.#isTaken.length * 3) this.#grow();
    return isNew;
  }

  #insert(a: number, b: number, c: number, d: number): boolean {
    const mask = this.#isTaken.length - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * wordsPerDigest;
      if (this.#isTaken[slot] === 0) {
        this.#isTaken[slot] = 1;
        this.#slots.set([a, b, c, d], at);
        return true;
      }
      if (this.#slots[at] === a && this.#slots[at + 1] === b && this.#slots[at + 2] === c && this.#slots[at + 3] === d)
        return false;
    }
  }

  #grow(): void {
    const slots = this.#slots;
    const isTaken = this.#isTaken;
    this.#slots = new Uint32Array(slots.length * 2);
    this.#isTaken = new Uint8Array(isTaken.length * 2);
    for (let slot = 0; slot < isTaken.length; slot++) {
      if (isTaken[slot] === 0) continue;
      const at = slot * wordsPerDigest;
      this.#insert(slots[at] ?? 0, slots[at + 1] ?? 0, slots[at + 2] ?? 0, slots[at + 3] ?? 0);
    }
  }
}
