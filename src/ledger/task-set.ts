/** Which splits of a stage are done: one bit each, so that a million of them take 125 kB. */
export class TaskSet {
  #words = new Uint32Array(32);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(split: number): boolean {
    return ((this.#words[split >>> 5] ?? 0) & (1 << (split & 31))) !== 0;
  }

  /** False when it was there. */
  add(split: number): boolean {
    if (this.has(split)) return false;
    this.#growTo((split >>> 5) + 1);
    this.#words[split >>> 5] = (this.#words[split >>> 5] ?? 0) | (1 << (split & 31));
    this.#size++;
    return true;
  }

  /** False when it was not there. */
  delete(split: number): boolean {
    if (!this.has(split)) return false;
    this.#words[split >>> 5] = (this.#words[split >>> 5] ?? 0) & ~(1 << (split & 31));
    this.#size--;
    return true;
  }

  /** Whether every split from `first` to before `end` is there. */
  hasAll(first: number, end: number): boolean {
    for (let split = first; split < end; split++) if (!this.has(split)) return false;
    return true;
  }

  /** Ascending. */
  *members(): Generator<number> {
    const end = this.#words.length * 32;
    for (let split = 0; split < end; split++) if (this.has(split)) yield split;
  }

  /** `0-41,43,45-99`: the shorter, the more the splits are done in order. Empty for the empty set. */
  toText(): string {
    const ranges: string[] = [];
    const end = this.#words.length * 32;
    for (let split = 0; split < end; split++) {
      if (!this.has(split)) continue;
      const first = split;
      while (this.has(split + 1)) split++;
      ranges.push(first === split ? String(first) : `${first}-${split}`);
    }
    return ranges.join(",");
  }

  /** Throws RangeError for what `toText` does not write. */
  static fromText(text: string): TaskSet {
    const set = new TaskSet();
    if (text === "") return set;
    for (const range of text.split(",")) {
      const [, from = "", to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range) ?? [];
      if (from === "") throw new RangeError(`${JSON.stringify(range)} is no range of splits`);
      for (let split = Number(from); split <= Number(to); split++) set.add(split);
    }
    return set;
  }

  #growTo(words: number): void {
    if (words <= this.#words.length) return;
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}
