import { FlowingBytes } from "./flowing-bytes.ts";
import type { RangeLength } from "./range-length.ts";

const aheadBytes = 16 * 1024 * 1024;
/** Bytes that a request may have brought which nobody has taken. */
export const mostHeldOfRange = 8 * 1024 * 1024;

/** Asks for the bytes from `from` to before `to`, and ends them, well or not. Never rejects. */
export type AskForRange = (from: number, to: number, bytes: FlowingBytes) => Promise<void>;

/**
 * A long piece of an object, asked for in ranges ahead of the receiver, until 16 MiB are on their way or held. A range
 * holds at most 8 MiB of what has arrived and then lets its server wait: all of them hold 24 MiB at most.
 */
export class RangesAhead {
  readonly #askFor: AskForRange;
  readonly #length: RangeLength;
  readonly #end: number;
  readonly #underWay: FlowingBytes[] = [];
  #asked: number;
  #consumed: number;

  constructor(askFor: AskForRange, length: RangeLength, start: number, end: number) {
    this.#askFor = askFor;
    this.#length = length;
    this.#asked = start;
    this.#consumed = start;
    this.#end = end;
  }

  /** Asks for as much as may be on its way. */
  ask(): void {
    while (this.#asked < this.#end && this.#asked - this.#consumed < aheadBytes) {
      const from = this.#asked;
      this.#asked = Math.min(this.#end, from + this.#length.bytes);
      const bytes = new FlowingBytes(mostHeldOfRange);
      this.#underWay.push(bytes);
      void this.#fetch(from, this.#asked, bytes);
    }
  }

  async #fetch(from: number, to: number, bytes: FlowingBytes): Promise<void> {
    const began = performance.now();
    await this.#askFor(from, to, bytes);
    if (bytes.received === to - from) this.#length.learn(bytes.received, performance.now() - began);
  }

  /** Everything in order. Throws what a range ended with, after the bytes before it. */
  async *pieces(): AsyncGenerator<Buffer> {
    for (let range = this.#underWay[0]; range !== undefined; range = this.#underWay[0]) {
      for await (const piece of range) {
        this.#consumed += piece.byteLength;
        this.ask();
        yield piece;
      }
      this.#underWay.shift();
    }
  }

  /** Lets go of what nobody wants any more. */
  discard(): void {
    for (const range of this.#underWay) range.discard();
  }
}
