const shortest = 4 * 1024 * 1024;
const longest = 64 * 1024 * 1024;
/** 128 MiB/s: more than S3 gives to a connection. */
const fastBytesPerMillisecond = 131_072;

/**
 * How much to ask for at once, learned from how long it took before. Where one connection is slow, ranges are short
 * (4 MiB) so that several share the work and none is late with much. Where one is fast, or its receiver is what
 * it waits for, each request costs more than it gives: ranges double up to 64 MiB, one at a time.
 */
export class RangeLength {
  #bytes = shortest;

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether an object is better asked for as a whole: servers send that with less ado than ranges. */
  get isWhole(): boolean {
    return this.#bytes === longest;
  }

  /** That a range of so many bytes took so long, waiting for its receiver included. */
  learn(bytes: number, milliseconds: number): void {
    const isFast = bytes >= fastBytesPerMillisecond * milliseconds;
    this.#bytes = isFast ? Math.min(longest, this.#bytes * 2) : Math.max(shortest, this.#bytes / 2);
  }
}
