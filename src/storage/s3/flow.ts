/**
 * Things that go to a receiver while they arrive, for one pass of `for await`. Without room for more, once so much is
 * held; with room again when half of it is gone.
 */
export class Flow<Item> {
  readonly #mostHeld: number;
  readonly #items: (readonly [item: Item, weight: number])[] = [];
  #held = 0;
  #ending: { readonly failure?: unknown } | undefined;
  #arrival: PromiseWithResolvers<void> | undefined;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(mostHeld: number) {
    this.#mostHeld = mostHeld;
  }

  /** Takes it whether there is room or not; lets go of it after the end. */
  push(item: Item, weight: number): void {
    if (this.#ending !== undefined) return;
    this.#held += weight;
    this.#items.push([item, weight]);
    this.#arrival?.resolve();
  }

  /** Resolves when more is welcome; undefined when it is now. */
  room(): Promise<void> | undefined {
    if (this.#held < this.#mostHeld) return undefined;
    this.#room ??= Promise.withResolvers();
    return this.#room.promise;
  }

  /** Ends it after what has arrived, with a failure or without. */
  end(ending: { readonly failure?: unknown } = {}): void {
    this.#ending ??= ending;
    this.#arrival?.resolve();
  }

  /** Lets go of what nobody wants any more. */
  discard(): void {
    this.end();
    this.#items.length = 0;
    this.#held = 0;
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      const next = this.#items.shift();
      if (next !== undefined) {
        const [item, weight] = next;
        this.#held -= weight;
        if (this.#held <= this.#mostHeld / 2) this.#makeRoom();
        yield item;
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
