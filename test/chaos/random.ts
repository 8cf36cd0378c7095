/** Pseudo-random draws that a key alone decides, so that whatever was drawn can be had again. */
export class Random {
  #state: number;

  constructor(...key: readonly (string | number)[]) {
    this.#state = 0x9e3779b9;
    for (const character of key.join("/")) {
      this.#state = Math.imul(this.#state ^ (character.codePointAt(0) ?? 0), 0x85ebca6b);
      this.#state ^= this.#state >>> 13;
    }
  }

  /** From 0 to below 1 (mulberry32). */
  share(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whole, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.share() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.share() < probability;
  }

  pick<const Value>(values: readonly [Value, ...Value[]]): Value {
    return values[Math.floor(this.share() * values.length)] ?? values[0];
  }

  shuffled<Value>(values: readonly Value[]): readonly Value[] {
    return values
      .map((value) => ({ value, rank: this.share() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ value }) => value);
  }
}
