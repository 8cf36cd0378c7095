import type { FileHandle } from "node:fs/promises";

/** A shard of ordinary size is sent in a few pieces. */
const bytesSentAhead = 4 * 2 ** 20;

/**
 * A file that is written once, from its start. The disk begins with it before everything is there, so that little is left
 * to wait for when `sync` is called.
 */
export class SyncedFile {
  readonly #file: FileHandle;
  #bytes = 0;
  #bytesSent = 0;
  #isOpen = true;
  #isSynced = false;
  #sending: Promise<void> | undefined;
  /** The system tells it once and never again: what is lost then would be lost for `sync` without a word. */
  #failure: Error | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await this.#file.write(chunk, done, chunk.byteLength - done);
      done += bytesWritten;
    }
    this.#bytes += chunk.byteLength;
    this.#isSynced = false;
    this.#sendAhead();
  }

  /** Everything is on the disk then. Rejects with what failed at any time. */
  async sync(): Promise<void> {
    await this.#sending;
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#isSynced) await this.#file.sync();
    this.#isSynced = true;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#sending;
    await this.#file.close();
  }

  #sendAhead(): void {
    if (this.#sending !== undefined || this.#bytes - this.#bytesSent < bytesSentAhead) return;
    this.#bytesSent = this.#bytes;
    this.#sending = this.#file
      .datasync()
      .catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#sending = undefined;
      });
  }
}
