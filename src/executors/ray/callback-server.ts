import { createHash, randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { asPipelineError, PipelineError } from "../../model/errors.ts";
import type { JsonObject } from "../../model/json.ts";
import { encodeFrame, FrameDecoder } from "../../worker/frame.ts";
import { FrameLink, type LinkPatience } from "./frame-link.ts";
import { ownCertificate } from "./own-certificate.ts";

/** What somebody who is to call needs. A secret: it lets its first user in. */
export type CallbackTicket = {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** PEM of the only certificate to be trusted; null where the address is this machine's own, and nothing is encrypted. */
  readonly certificate: string | null;
};

/** Somebody who called, with what it said of itself. */
export interface Caller {
  readonly link: FrameLink;
  readonly hello: JsonObject;
}

const helloMilliseconds = 10_000;
const mostHelloBytes = 64 * 2 ** 10;

/**
 * Listens for those who were given a ticket: each token lets one caller in, once. Whoever has none is cut off within
 * seconds and learns nothing. TLS, except where only this machine can reach the address.
 */
export class CallbackServer {
  readonly #server: Server;
  readonly #host: string;
  readonly #certificate: string | null;
  readonly #patience: LinkPatience;
  /** By the token's digest, so that finding one takes the same time whatever is asked for. */
  readonly #expected = new Map<string, (caller: Caller) => void>();
  readonly #unknown = new Set<Socket>();

  private constructor(host: string, certificate: string | null, server: Server, patience: LinkPatience) {
    this.#host = host;
    this.#certificate = certificate;
    this.#server = server;
    this.#patience = patience;
  }

  /** Rejects with PORT_UNAVAILABLE when nothing can listen there. */
  static async open(host: string, port: number, patience: LinkPatience): Promise<CallbackServer> {
    const own = isLoopback(host) ? undefined : await ownCertificate();
    const server = own === undefined ? createServer() : createTlsServer({ key: own.key, cert: own.certificate });
    const callbacks = new CallbackServer(host, own?.certificate ?? null, server, patience);
    server.on(own === undefined ? "connection" : "secureConnection", (socket: Socket) => callbacks.#greet(socket));
    // A connection that fails before it has a token concerns nobody.
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) =>
        reject(
          asPipelineError(
            cause,
            "PORT_UNAVAILABLE",
            `nothing can listen at ${host}:${port} (BRIDGE_HOST, BRIDGE_PORT)`,
          ),
        ),
      );
      server.listen({ host, port }, resolve);
    });
    return callbacks;
  }

  /** A ticket for one caller; `onCall` is called at most once. */
  expect(onCall: (caller: Caller) => void): CallbackTicket {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new PipelineError("PROTOCOL", "the server is closed");
    const token = randomBytes(32).toString("base64url");
    this.#expected.set(digestOf(token), onCall);
    return { host: this.#host, port: address.port, token, certificate: this.#certificate };
  }

  /** Nobody is to call with this ticket any more. */
  forget({ token }: CallbackTicket): void {
    this.#expected.delete(digestOf(token));
  }

  /** Leaves the callers alone that were let in. */
  close(): void {
    this.#server.close();
    for (const socket of this.#unknown) socket.destroy();
  }

  #greet(socket: Socket): void {
    this.#unknown.add(socket);
    socket.setNoDelay(true);
    const decoder = new FrameDecoder();
    let received = 0;
    const refuse = () => {
      this.#unknown.delete(socket);
      socket.destroy();
    };
    const timer = setTimeout(refuse, helloMilliseconds).unref();
    socket.on("error", refuse);
    socket.once("close", () => clearTimeout(timer));
    socket.on("data", (chunk: Uint8Array) => {
      received += chunk.byteLength;
      if (received > mostHelloBytes) return refuse();
      const frames = framesOf(decoder, chunk);
      if (frames?.length === 0) return;
      const [hello, ...others] = frames ?? [];
      const admit = hello?.type === "hello" && typeof hello.token === "string" ? this.#take(hello.token) : undefined;
      if (hello === undefined || admit === undefined) return refuse();
      clearTimeout(timer);
      this.#unknown.delete(socket);
      for (const event of ["data", "error", "close"]) socket.removeAllListeners(event);
      admit({ link: new FrameLink(socket, this.#patience, { decoder, frames: others }), hello });
    });
  }

  #take(token: string): ((caller: Caller) => void) | undefined {
    const digest = digestOf(token);
    const admit = this.#expected.get(digest);
    this.#expected.delete(digest);
    return admit;
  }
}

/** What a caller says first. */
export function helloFrame(ticket: CallbackTicket, facts: JsonObject): Uint8Array {
  return encodeFrame({ type: "hello", token: ticket.token, ...facts });
}

function framesOf(decoder: FrameDecoder, chunk: Uint8Array): readonly JsonObject[] | undefined {
  try {
    return decoder.push(chunk).map(({ header }) => header);
  } catch {
    // No frames: whoever sends them is refused.
    return undefined;
  }
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
