import type { Duplex } from "node:stream";
import { messageOf } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { encodeFrame, FrameDecoder } from "../../worker/frame.ts";

/** How long a peer may be silent, and how often it is asked for a sign of life. */
export interface LinkPatience {
  readonly askSeconds: number;
  readonly silenceSeconds: number;
}

export const linkPatience: LinkPatience = { askSeconds: 2, silenceSeconds: 10 };

/**
 * A connection that carries frames without bodies, and notices that its peer is gone, also when no packet says so: a
 * side asks every few seconds, and ends what has been silent for longer than it may. Time that this process itself was
 * held up is not counted.
 */
export class FrameLink {
  readonly #socket: Duplex;
  readonly #patience: LinkPatience;
  readonly #decoder: FrameDecoder;
  #onMessage: ((header: JsonObject) => void) | undefined;
  /** What came before there was an observer. */
  readonly #early: JsonObject[];
  #silentSeconds = 0;
  #lastLook = performance.now();
  #hasEnded = false;
  #finish: (reason: string) => void = () => undefined;
  /** Resolves with why, as part of a sentence, whatever ended it. */
  readonly ended: Promise<string>;
  #timer: NodeJS.Timeout | undefined;

  /** `begun`: what was received before, by whoever looked at who the peer is. */
  constructor(
    socket: Duplex,
    patience: LinkPatience = linkPatience,
    begun: { readonly decoder: FrameDecoder; readonly frames: readonly JsonObject[] } = {
      decoder: new FrameDecoder(),
      frames: [],
    },
  ) {
    this.#socket = socket;
    this.#patience = patience;
    this.#decoder = begun.decoder;
    this.#early = [...begun.frames];
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("error", (error) => this.end(messageOf(error)));
    socket.on("close", () => this.end("the connection was closed"));
  }

  /** From now on the peer is asked for signs of life: to be called once it can answer. Idempotent. */
  expectAnswers(): void {
    if (this.#hasEnded || this.#timer !== undefined) return;
    this.#lastLook = performance.now();
    this.#silentSeconds = 0;
    this.#timer = setInterval(() => this.#look(), this.#patience.askSeconds * 1000).unref();
  }

  /** Called with what came so far, and with what comes. */
  observe(onMessage: (header: JsonObject) => void): void {
    this.#onMessage = onMessage;
    for (const header of this.#early.splice(0)) onMessage(header);
  }

  /** Goes nowhere once the link has ended. */
  send(message: object): void {
    if (!this.#hasEnded && this.#socket.writable) this.#socket.write(encodeFrame(message));
  }

  /** Idempotent: the first reason counts. */
  end(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#timer);
    this.#socket.destroy();
    this.#finish(reason);
  }

  #receive(chunk: Uint8Array): void {
    this.#silentSeconds = 0;
    try {
      for (const { header } of this.#decoder.push(chunk)) {
        if (header.type === "ping") this.send({ type: "pong" });
        else if (header.type === "pong") continue;
        else if (this.#onMessage === undefined) this.#early.push(header);
        else this.#onMessage(header);
      }
    } catch (error) {
      this.end(messageOf(error));
    }
  }

  #look(): void {
    const now = performance.now();
    const passed = (now - this.#lastLook) / 1000;
    this.#lastLook = now;
    this.#silentSeconds += Math.min(passed, 1.5 * this.#patience.askSeconds);
    if (this.#silentSeconds > this.#patience.silenceSeconds) {
      this.end(`nothing was heard for ${this.#patience.silenceSeconds} s`);
      return;
    }
    this.send({ type: "ping" });
  }
}
