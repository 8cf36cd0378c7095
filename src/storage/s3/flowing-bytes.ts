import type { ReceivedBytes } from "./received-bytes.ts";

/**
 * Bytes that go to their receiver while they arrive, for one pass of `for await`. Without room for more, once so many
 * are held; with room again when half of them are gone. For a part of an object, of which S3 tells no checksum.
 */
export class FlowingBytes implements ReceivedBytes {
  readonly #mostHeld: number;
  readonly #pieces: Buffer[] = [];
  #held = 0;
  #received = 0;
  #expected: number | undefined;
  #ending: { readonly failure?: unknown } | undefined;
  #arrival: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(mostHeld: number) {
    this.#mostHeld = mostHeld;
  }

  get received(): number {
    return this.#received;
  }

  get expected(): number | undefined {
    return this.#expected;
  }

  expect(bytes: number): void {
    this.#expected = bytes;
  }

  take(chunk: Buffer): boolean {
    if (this.#received + chunk.byteLength > (this.#expected ?? 0)) return false;
    this.#received += chunk.byteLength;
    if (this.#ending !== undefined) return true;
    this.#held += chunk.byteLength;
    this.#pieces.push(chunk);
    this.#arrival?.resolve();
    return true;
  }

  room(): Promise<void> | undefined {
    if (this.#held < this.#mostHeld) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  isIntact(): boolean {
    return true;
  }

  /** Ends it after what has arrived, with a failure or without. */
  end(ending: { readonly failure?: unknown } = {}): void {
    this.#ending ??= ending;
    this.#arrival?.resolve();
  }

  /** Lets go of what nobody wants any more. */
  discard(): void {
    this.end();
    this.#pieces.length = 0;
    this.#held = 0;
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#held -= piece.byteLength;
        if (this.#held <= this.#mostHeld / 2) this.#makeRoom();
        yield piece;
      } else if (this.#ending !== undefined) {
        if ("failure" in this.#ending) throw this.#ending.failure;
        return;
      } else {
        this.#arrival = Promise.withResolvers();
        await this.#arrival.promise;
      }
    }
  }
}
