import type { Receipt } from "../contract/receipt.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** What is told of a commit. */
export interface CommitObserver {
  checkpointWritten(name: string, receipts: readonly Receipt[], seconds: number): void;
  /** Others had finished these tasks before: what the attempts wrote is in nobody's way and of no use. */
  superseded(receipts: readonly Receipt[]): Promise<void>;
  failed(error: unknown): void;
}

/** At most this share of the time goes into writing entries. */
const writingShare = 1 / 20;

/**
 * Collects receipts and writes them as ledger entries. One write at a time, the next as soon as receipts wait and
 * writing has taken no more than a twentieth of the time; at the latest `intervalSeconds` after the first of them
 * came, or when `flush` is called: where a write takes milliseconds a kill costs hardly a finished task, and where it
 * takes long there are few. Folds old entries now and then, so that the last `keep` stay as places to go back to.
 */
export class GroupCommit {
  readonly #ledger: Ledger;
  readonly #intervalSeconds: number;
  readonly #keep: number;
  readonly #observer: CommitObserver;
  #waiting: Receipt[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Of `performance.now()`: before it, the last write has not yet taken a small enough share. */
  #nextAt = 0;

  constructor(ledger: Ledger, intervalSeconds: number, keep: number, observer: CommitObserver) {
    this.#ledger = ledger;
    this.#intervalSeconds = intervalSeconds;
    this.#keep = keep;
    this.#observer = observer;
  }

  add(receipt: Receipt): void {
    this.#waiting.push(receipt);
    this.#timer ??= setTimeout(
      () => {
        this.flush().catch((error: unknown) => this.#observer.failed(error));
      },
      Math.min(this.#intervalSeconds * 1000, Math.max(0, this.#nextAt - performance.now())),
    );
  }

  /** Resolves when every receipt that was added counts. Rejects with the ledger's error, after which nothing more is written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    return this.#writing;
  }

  /** What came while the write before was under way goes with it. */
  async #writeWaiting(): Promise<void> {
    const receipts = this.#waiting;
    this.#waiting = [];
    if (receipts.length === 0) return;
    const start = performance.now();
    await this.#write(receipts);
    const end = performance.now();
    this.#nextAt = end + (end - start) / writingShare;
  }

  async #write(receipts: readonly Receipt[]): Promise<void> {
    const start = performance.now();
    const checkpoint = await this.#ledger.commit(receipts);
    if (checkpoint !== undefined) {
      this.#observer.checkpointWritten(checkpoint.name, checkpoint.receipts, (performance.now() - start) / 1000);
    }
    const counting = new Set(checkpoint?.receipts);
    const superseded = receipts.filter((receipt) => !counting.has(receipt));
    if (superseded.length > 0) await this.#observer.superseded(superseded);
    if (this.#ledger.isRetentionDue(this.#keep)) await this.#ledger.retain(this.#keep);
  }
}
