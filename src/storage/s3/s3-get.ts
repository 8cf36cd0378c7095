import { Pool } from "undici";
import { PipelineError } from "../../model/errors.ts";
import { countRequest } from "../request-tally.ts";
import { waitToRetry } from "../wait-to-retry.ts";
import { CollectedBytes } from "./collected-bytes.ts";
import type { FlowingBytes } from "./flowing-bytes.ts";
import { landingMemory } from "./landing-memory.ts";
import { asEtag } from "./object-version.ts";
import type { ReceivedBytes } from "./received-bytes.ts";
import { Answer, type Ending, failureOf, type GetRequest, type Known } from "./s3-answer.ts";
import { isPassing, type S3Failure, s3Error } from "./s3-errors.ts";
import type { S3Session } from "./s3-session.ts";
import { S3Signer } from "./s3-signer.ts";
import { encodedKey, s3Location } from "./s3-uri.ts";

const connectionsPerHost = 64;
const enoughProgressBytes = 64 * 1024;

export interface GotBytes {
  readonly pieces: readonly Buffer[];
  /** Size of the whole object. */
  readonly total: number;
  readonly version: string;
}

/**
 * GETs of objects and parts of them with as little as possible around the bytes: signed here, sent over connections
 * that are kept. A body that is cut is continued where it ended, as the same version.
 */
export class S3Getter {
  readonly #session: S3Session;
  readonly #signer = new S3Signer();
  readonly #pools = new Map<string, Pool>();
  /** What the server's clock is ahead, once it has complained. */
  #clockAhead = 0;

  constructor(session: S3Session) {
    this.#session = session;
  }

  /** Undefined when the object ends at or before the offset. Rejects with INPUT_CHANGED, INPUT_NOT_FOUND … */
  async get(request: GetRequest, as: "whole" | "pieces"): Promise<GotBytes | undefined> {
    const bytes = new CollectedBytes(as);
    const known = await this.#receive(request, bytes);
    return known === undefined ? undefined : { pieces: bytes.pieces, total: known.total, version: known.version };
  }

  /** The same for bytes that go to a receiver while they arrive, which it ends, well or not. Never rejects. */
  async flow(request: GetRequest, bytes: FlowingBytes): Promise<void> {
    try {
      const known = await this.#receive(request, bytes);
      if (known === undefined && request.offset > 0)
        throw changed(request.uri, request.version ?? "", "a shorter object");
      bytes.end();
    } catch (failure) {
      // Met by whoever reads the bytes.
      bytes.end({ failure });
    }
  }

  async #receive(request: GetRequest, bytes: ReceivedBytes): Promise<Known | undefined> {
    const { bucket, key } = s3Location(request.uri);
    const known: Known = { total: 0, version: request.version ?? "", checksum: undefined };
    let region: string | undefined;
    let renewals = 0;
    for (let attempt = 1; ; attempt++) {
      request.signal?.throwIfAborted();
      const before = bytes.received;
      const ending = await this.#attempt(request, bucket, key, bytes, known, attempt, region);
      if ("got" in ending) {
        if (ending.got === "all") return known;
        if (before === 0) return undefined;
        throw changed(request.uri, known.version, "a shorter object");
      }
      const { failure } = ending;
      if (failure.status === 412) throw changed(request.uri, known.version, "another version");
      if (ending.region !== undefined && region === undefined) {
        region = ending.region;
        continue;
      }
      if (this.#canRenew(ending) && renewals++ === 0) {
        if (failure.code !== "RequestTimeTooSkewed") await this.#session.credentials(true);
        continue;
      }
      // What moves on is not failing, however often it is cut.
      if (bytes.received - before >= enoughProgressBytes) attempt = 1;
      if (!isPassing(failure) || attempt >= this.#session.settings.attempts)
        throw s3Error({ ...failure, attempts: attempt }, "read", "reading", request.uri, this.#session.endpoint);
      await waitToRetry(attempt, request.signal);
      // What was cut because its receiver takes long would be cut again.
      await bytes.room();
    }
  }

  #canRenew(ending: { readonly failure: S3Failure; readonly date?: string }): boolean {
    const { code } = ending.failure;
    if (code === "RequestTimeTooSkewed" && ending.date !== undefined) {
      this.#clockAhead = Date.parse(ending.date) - Date.now();
      return Number.isFinite(this.#clockAhead);
    }
    return code === "ExpiredToken";
  }

  async #attempt(
    request: GetRequest,
    bucket: string,
    key: string,
    bytes: ReceivedBytes,
    known: Known,
    attempt: number,
    region: string | undefined,
  ): Promise<Ending> {
    const { settings } = this.#session;
    let address: Awaited<ReturnType<S3Session["address"]>>;
    let headers: Record<string, string>;
    const start = request.offset + bytes.received;
    const path = (prefix: string) => `${prefix}${encodedKey(key)}`;
    try {
      address = await this.#session.address(bucket, region);
      const credentials = await this.#session.credentials();
      const extra: (readonly [string, string])[] = [["x-amz-checksum-mode", "ENABLED"]];
      if (settings.isRequesterPays) extra.push(["x-amz-request-payer", "requester"]);
      headers = this.#signer.signedHeaders(
        { host: address.host, path: path(address.pathPrefix), extra },
        credentials,
        address.region,
        Date.now() + this.#clockAhead,
      );
    } catch (error) {
      return { failure: failureOf(error, attempt) };
    }
    const etag = asEtag(known.version);
    if (etag !== undefined) headers["if-match"] = etag;
    if (start > 0 || request.length !== undefined) {
      const end = request.length === undefined ? "" : String(request.offset + request.length - 1);
      headers.range = `bytes=${start}-${end}`;
    }
    const left = (request.length ?? bytes.expected ?? 0) - bytes.received;
    const limit = this.#session.milliseconds(Math.max(0, left));
    const sent = { path: path(address.pathPrefix), method: "GET", headers } as const;
    const began = performance.now();
    return new Promise((settle) => {
      const resolve = (ending: Ending) => {
        countRequest("s3", "GetObject", answer.status, (performance.now() - began) / 1000);
        settle(ending);
      };
      const answer = new Answer(bytes, known, request, start, attempt, resolve, limit, (total) =>
        this.#session.milliseconds(total),
      );
      this.#pool(address.origin).dispatch(
        { ...sent, headersTimeout: settings.requestSeconds * 1000, bodyTimeout: settings.requestSeconds * 1000 },
        answer,
      );
    });
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: connectionsPerHost,
        pipelining: 1,
        // One request has a connection for itself: it can be ended and made to wait without touching another.
        allowH2: false,
        connect: { timeout: 10_000, onread: landingMemory() },
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

export function changed(uri: string, expected: string, received: string): PipelineError {
  return new PipelineError(
    "INPUT_CHANGED",
    `${JSON.stringify(uri)} changed: expected version ${expected}, found ${received}`,
    {
      details: { path: uri, expected, received },
    },
  );
}
