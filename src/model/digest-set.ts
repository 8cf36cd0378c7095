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
    const [a, b, c, d] = wordsOf(digest);
    const slot = this.#slotOf(a, b, c, d);
    if (this.#isTaken[slot] === 1) return false;
    this.#take(slot, a, b, c, d);
    if (++this.#size * 4 > this.#isTaken.length * 3) this.#grow();
    return true;
  }

  /** Whether the first 16 bytes of a digest are there. */
  has(digest: Uint8Array): boolean {
    return this.#isTaken[this.#slotOf(...wordsOf(digest))] === 1;
  }

  /** Where the digest is, or else the free slot where it goes. */
  #slotOf(a: number, b: number, c: number, d: number): number {
    const mask = this.#isTaken.length - 1;
    const slots = this.#slots;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      if (this.#isTaken[slot] === 0) return slot;
      const at = slot * wordsPerDigest;
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) return slot;
    }
  }

  #take(slot: number, a: number, b: number, c: number, d: number): void {
    this.#isTaken[slot] = 1;
    this.#slots.set([a, b, c, d], slot * wordsPerDigest);
  }

  #grow(): void {
    const slots = this.#slots;
    const isTaken = this.#isTaken;
    this.#slots = new Uint32Array(slots.length * 2);
    this.#isTaken = new Uint8Array(isTaken.length * 2);
    for (let slot = 0; slot < isTaken.length; slot++) {
      if (isTaken[slot] === 0) continue;
      const at = slot * wordsPerDigest;
      const words = [slots[at] ?? 0, slots[at + 1] ?? 0, slots[at + 2] ?? 0, slots[at + 3] ?? 0] as const;
      this.#take(this.#slotOf(...words), ...words);
    }
  }
}

function wordsOf(digest: Uint8Array): readonly [number, number, number, number] {
  if (digest.byteLength < wordsPerDigest * 4)
    throw new RangeError(`a digest of ${digest.byteLength} bytes: expected at least 16`);
  const view = new DataView(digest.buffer, digest.byteOffset, wordsPerDigest * 4);
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)];
}
