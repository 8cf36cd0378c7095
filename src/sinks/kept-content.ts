import type { Cell } from "./parquet-attribute-type.ts";

const slabBytes = 1024 * 1024;
/** UTF-8 bytes that one UTF-16 unit can take. */
const bytesPerUnit = 3;
/** Shorter text stays what it is: a view of bytes would take more. */
const shortText = 128;

/** Slabs that nothing is kept in. */
export type FreeSlabs = Buffer[];

/**
 * Keeps the long content of cells as bytes, in slabs that are used again once it is written. As strings and buffers of
 * their own they would grow old while a row group fills, and be garbage then that only marking the whole heap finds.
 */
export class KeptContent {
  readonly #free: FreeSlabs;
  readonly #full: Buffer[] = [];
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  /** Takes slabs from `free` where there are some, and gives all back there. */
  constructor(free: FreeSlabs) {
    this.#free = free;
  }

  /** The cell, with nothing in it that the caller owns; long text as UTF-8. What is kept is good until `clear`. */
  keep(cell: Cell): Cell {
    if (typeof cell === "string") return cell.length < shortText ? cell : this.#keepText(cell);
    if (cell === null || typeof cell !== "object") return cell;
    if (cell instanceof Uint8Array) return this.#keepBytes(cell);
    if (Array.isArray(cell)) return typeof cell[0] === "number" ? cell : cell.map((inner) => this.keep(inner));
    return Object.fromEntries(Object.entries(cell).map(([field, inner]) => [field, this.keep(inner)]));
  }

  clear(): void {
    this.#free.push(...this.#full.splice(0));
    if (this.#slab.byteLength > 0) this.#free.push(this.#slab);
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
  }

  #keepText(text: string): Uint8Array {
    const most = text.length * bytesPerUnit;
    if (most > slabBytes) return Buffer.from(text);
    this.#makeRoom(most);
    const start = this.#used;
    this.#used += this.#slab.write(text, start, "utf8");
    return this.#slab.subarray(start, this.#used);
  }

  #keepBytes(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength > slabBytes) return bytes.slice();
    this.#makeRoom(bytes.byteLength);
    const start = this.#used;
    this.#slab.set(bytes, start);
    this.#used += bytes.byteLength;
    return this.#slab.subarray(start, this.#used);
  }

  #makeRoom(bytes: number): void {
    if (this.#slab.byteLength - this.#used >= bytes) return;
    if (this.#slab.byteLength > 0) this.#full.push(this.#slab);
    this.#slab = this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
    this.#used = 0;
  }
}
