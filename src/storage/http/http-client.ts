import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, type Dispatcher } from "undici";
import { messageOf, PipelineError } from "../../model/errors.ts";
import { plainRedactor } from "../../model/redact-secrets.ts";
import { countRequest } from "../request-tally.ts";
import { shownUri } from "../uri.ts";
import { waitToRetry } from "../wait-to-retry.ts";
import type { HttpSettings } from "./http-settings.ts";
import { isPrivateAddress } from "./private-addresses.ts";

const connectionsPerHost = 8;
const mostRedirects = 5;
const attempts = 8;
const answerSeconds = 60;
/** A server that asks for a longer pause than this is left alone: the task is tried again later. */
const longestPauseSeconds = 120;

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
  /** For whoever wants no body. */
  discard(): void;
}

interface HttpRequest {
  readonly method: "GET" | "HEAD";
  readonly uri: string;
  readonly headers: { readonly [name: string]: string };
  readonly signal: AbortSignal | undefined;
}

/** The name resolves to an address that may not be asked. */
class PrivateAddress extends Error {}

/** Web requests with what a polite and careful reader of strangers' addresses needs. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #allowsPrivate: boolean;

  constructor({ allowsPrivateAddresses }: HttpSettings) {
    this.#allowsPrivate = allowsPrivateAddresses;
    this.#agent = new Agent({
      connections: connectionsPerHost,
      pipelining: 1,
      headersTimeout: answerSeconds * 1000,
      bodyTimeout: answerSeconds * 1000,
      // Looked at where the connection is made: an answer of the name server that was looked at before can be another.
      connect: { timeout: 10_000, ...(allowsPrivateAddresses ? {} : { lookup: publicLookup }) },
    });
  }

  /**
   * The answer, behind at most five redirects, whatever its status. Tries again on 429, 408, 5xx and where there is no
   * answer, after as long as the server asks for. The body is the caller's to consume.
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      request.signal?.throwIfAborted();
      let pauseSeconds = 0;
      try {
        const answer = await this.#follow(request);
        if (!isPassing(answer.status)) return answer;
        pauseSeconds = retryAfterSeconds(answer.header("retry-after"));
        await answer.body.dump();
        if (attempt >= attempts || pauseSeconds > longestPauseSeconds)
          throw failed(request.uri, `the server answers ${answer.status}, also the ${attempt}. time`);
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof PipelineError) throw error;
        if (error instanceof PrivateAddress) throw privateRefused(request.uri, error.message);
        if (attempt >= attempts) throw failed(request.uri, `no answer in ${attempts} attempts: ${messageOf(error)}`);
      }
      await waitToRetry(attempt, request.signal, pauseSeconds);
    }
  }

  async #follow({ method, uri, headers, signal }: HttpRequest): Promise<HttpAnswer> {
    let url = parsedUrl(uri, uri);
    for (let redirects = 0; ; redirects++) {
      this.#refuseLiteral(url, uri);
      const response = await this.#send(url, { method, headers, signal });
      const header = (name: string) => {
        const value = response.headers[name];
        return typeof value === "string" ? value : value?.[0];
      };
      const location = header("location");
      if (![301, 302, 303, 307, 308].includes(response.statusCode) || location === undefined)
        return {
          status: response.statusCode,
          header,
          body: response.body,
          // Its own error is that it was destroyed.
          discard: () => void response.body.on("error", () => undefined).destroy(),
        };
      await response.body.dump();
      if (redirects >= mostRedirects) throw unreadable(uri, `more than ${mostRedirects} redirects`);
      url = parsedUrl(location, uri, url);
    }
  }

  async #send(url: URL, { method, headers, signal }: Omit<HttpRequest, "uri">): Promise<Dispatcher.ResponseData> {
    const began = performance.now();
    let status: number | undefined;
    try {
      const response = await this.#agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { "accept-encoding": "identity", ...headers },
        ...(signal === undefined ? {} : { signal }),
      });
      status = response.statusCode;
      return response;
    } finally {
      countRequest("http", method, status, (performance.now() - began) / 1000);
    }
  }

  /** No name is looked up for what is an address already. */
  #refuseLiteral(url: URL, uri: string): void {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (!this.#allowsPrivate && isIP(host) !== 0 && isPrivateAddress(host))
      throw privateRefused(uri, `${host} is a private address`);
  }
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const refused = addresses?.find(({ address }) => isPrivateAddress(address));
    const [first] = addresses ?? [];
    if (error !== null) callback(error, "");
    else if (refused !== undefined)
      callback(new PrivateAddress(`${hostname} is at the private address ${refused.address}`), "");
    else if (options.all === true) callback(null, addresses);
    else callback(null, first?.address ?? "", first?.family);
  });
};

function parsedUrl(location: string, uri: string, base?: URL): URL {
  const url = URL.parse(location, base?.href);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw unreadable(uri, base === undefined ? "it is no web address" : "it redirects to what is no web address");
  if (url.username !== "" || url.password !== "")
    throw unreadable(uri, "addresses with a user name and a password are not supported");
  return url;
}

function isPassing(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

function retryAfterSeconds(value: string | undefined): number {
  if (value === undefined) return 0;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}

/** INPUT_UNREADABLE: trying again does not help. */
export function unreadable(uri: string, why: string): PipelineError {
  return new PipelineError("INPUT_UNREADABLE", `${JSON.stringify(shownUri(uri))} cannot be read: ${why}`, {
    details: { path: shownUri(uri) },
  });
}

/** STORAGE_FAILED: trying again can help. */
export function failed(uri: string, why: string): PipelineError {
  return new PipelineError(
    "STORAGE_FAILED",
    `reading ${JSON.stringify(shownUri(uri))} failed: ${plainRedactor.text(why)}`,
    {
      details: { path: shownUri(uri) },
      isRetryable: true,
    },
  );
}

function privateRefused(uri: string, why: string): PipelineError {
  return unreadable(uri, `${why}, which is not asked unless PIPELINE_ALLOW_PRIVATE_ADDRESSES=1 is set`);
}
