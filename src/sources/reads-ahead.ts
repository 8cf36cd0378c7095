import type { SourceItem } from "../contract/source.ts";
import { batchHeldBytes, readyBytes } from "./read-items.ts";

/** As many as there are connections to S3: see storage/s3/s3-get.ts. */
const mostReads = 64;

interface Read {
  readonly bytes: number;
  readonly wasReady: boolean;
  outcome: { readonly item: SourceItem } | { readonly error: unknown } | undefined;
}

/**
 * Samples that are being read while those before them are worked on, in order. What comes out leaves room for as much
 * more: the one that takes longest delays no request but those that the window has no room for.
 */
export class ReadsAhead {
  #reads: Read[] = [];
  #bytes = 0;
  #readyBytes = 0;
  #onFirst: (() => void) | undefined;

  /**
   * Whether some must be taken before another is added. Few bytes are full of what was at hand: to read it before it is
   * wanted saves no time, and behind one that is waited for it would grow old.
   */
  get isFull(): boolean {
    return this.#reads.length >= mostReads || this.#readyBytes >= readyBytes || this.#bytes >= batchHeldBytes;
  }

  get isEmpty(): boolean {
    return this.#reads.length === 0;
  }

  /** `bytes`: how many of it are held until it is taken. A promise that rejects does so where its item would be taken. */
  add(item: SourceItem | Promise<SourceItem>, bytes: number): void {
    const wasReady = !(item instanceof Promise);
    const read: Read = { bytes, wasReady, outcome: wasReady ? { item } : undefined };
    this.#reads.push(read);
    this.#bytes += bytes;
    if (wasReady) {
      this.#readyBytes += bytes;
      return;
    }
    // Nobody is seen to await it: the stack of what fails would otherwise tell how it and others were read.
    item.then(
      (found) => this.#settle(read, { item: found }),
      (error: unknown) => this.#settle(read, { error }),
    );
  }

  /** Takes those at the front that have been read, once the first has; rejects where reading the first has failed. */
  async take(): Promise<readonly SourceItem[]> {
    if (this.#reads[0]?.outcome === undefined) {
      await new Promise<void>((resolve) => {
        this.#onFirst = resolve;
      });
    }
    const items: SourceItem[] = [];
    for (const { outcome } of this.#reads) {
      if (outcome === undefined) break;
      if ("item" in outcome) items.push(outcome.item);
      else if (items.length === 0) throw outcome.error;
      else break;
    }
    // Out of the window at once: what it kept while they are worked on would grow old.
    for (const { bytes, wasReady } of this.#reads.splice(0, items.length)) {
      this.#bytes -= bytes;
      if (wasReady) this.#readyBytes -= bytes;
    }
    return items;
  }

  #settle(read: Read, outcome: NonNullable<Read["outcome"]>): void {
    read.outcome = outcome;
    if (read !== this.#reads[0]) return;
    this.#onFirst?.();
    this.#onFirst = undefined;
  }
}
