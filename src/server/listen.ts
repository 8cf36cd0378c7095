import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { PipelineError } from "../model/errors.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Answers GET, and HEAD without the body. */
export type Route = (query: URLSearchParams) => Answer | Promise<Answer>;

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

export interface Listener {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Takes no further request, answers those that are under way, closes every connection. Idempotent. */
  close(): Promise<void>;
}

const limits = {
  /** Of the request line and its headers: nothing that is asked for here needs more. */
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;
const mostConnections = 256;

/**
 * Serves exactly these paths over HTTP. A route that throws is answered with 500, and `onError` is told why.
 * Rejects with PORT_UNAVAILABLE when the address is taken, or not to be had.
 */
export async function listen(
  address: ListenAddress,
  routes: ReadonlyMap<string, Route>,
  onError: (error: unknown) => void,
): Promise<Listener> {
  const server = createServer(limits, (request, response) => {
    void respond(request, response, routes, onError);
  });
  server.maxConnections = mostConnections;
  await bind(server, address);
  // Such as a request that is not HTTP: its connection is closed, which is all that there is to do.
  server.on("clientError", (_error, socket) => socket.destroy());
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(server, address),
    close: () => {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      });
      return closing;
    },
  };
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(unavailable(cause, host, port)));
    server.listen({ host, port }, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

const reasons: { readonly [systemCode: string]: string } = {
  EADDRINUSE: "another process listens there",
  EACCES: "this user may not listen on that port",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host name",
};

function unavailable(cause: Error, host: string, port: number): PipelineError {
  const systemCode = "code" in cause ? String(cause.code) : "";
  const reason = reasons[systemCode] ?? cause.message;
  return new PipelineError("PORT_UNAVAILABLE", `cannot listen on ${host}, port ${port}: ${reason}`, {
    cause,
    details: { host, port, systemCode },
  });
}

function urlOf(server: Server, { host, port }: ListenAddress): string {
  const bound = server.address();
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${typeof bound === "object" && bound !== null ? bound.port : port}`;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  onError: (error: unknown) => void,
): Promise<void> {
  const { status, contentType, body, allow } = await answerTo(request, routes, onError);
  const bytes = Buffer.from(body, "utf8");
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": bytes.byteLength,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(allow === undefined ? {} : { allow }),
    // Nobody reads a body here: the connection that carries one is not used again.
    ...(hasBody(request) ? { connection: "close" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

async function answerTo(
  request: IncomingMessage,
  routes: ReadonlyMap<string, Route>,
  onError: (error: unknown) => void,
): Promise<Answer & { readonly allow?: string }> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const route = routes.get(path);
  if (route === undefined) return plainAnswer(404, `there is nothing at this path: ${[...routes.keys()].join(", ")}\n`);
  if (request.method !== "GET" && request.method !== "HEAD")
    return { ...plainAnswer(405, "only GET and HEAD are answered\n"), allow: "GET, HEAD" };
  try {
    return await route(new URLSearchParams(query));
  } catch (error) {
    onError(error);
    return plainAnswer(500, "this cannot be answered: see the log\n");
  }
}

export function plainAnswer(status: number, body: string): Answer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
