/**
 * A set of elements that are known by index, hash and an equality test: open addressing over typed
 * arrays that are reused. Elements with one hash are told apart by the test, never taken for equal.
 */
export class HashSlots {
  /** Index of the element, plus 1; 0 = free. */
  private elements = new Int32Array(1024);
  private hashes = new Int32Array(1024);
  private mask = 1023;

  /** Empties the set and makes room for `count` elements. */
  clear(count: number): void {
    let capacity = 64;
    while (capacity < count * 2) capacity *= 2;
    if (capacity > this.elements.length || this.elements.length > 1 << 22) {
      this.elements = new Int32Array(capacity);
      this.hashes = new Int32Array(capacity);
    } else {
      this.elements.fill(0, 0, capacity);
    }
    this.mask = capacity - 1;
  }

  /** Index of the first element added that equals element `index`: `index` itself when it is new. */
  firstEqual(hash: number, index: number, isEqual: (known: number, added: number) => boolean): number {
    const { elements, hashes, mask } = this;
    let slot = mixed(hash) & mask;
    for (;;) {
      const element = elements[slot] ?? 0;
      if (element === 0) {
        elements[slot] = index + 1;
        hashes[slot] = hash;
        return index;
      }
      if (hashes[slot] === hash && isEqual(element - 1, index)) return element - 1;
      slot = (slot + 1) & mask;
    }
  }
}

/** Finalizer of MurmurHash3: spreads the weak low bits of a polynomial hash. */
function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
