import type { Dispatcher } from "undici";
import { PipelineError } from "../../model/errors.ts";
import { objectVersion } from "./object-version.ts";
import type { ReceivedBytes } from "./received-bytes.ts";
import { failureOfBody, type S3Failure } from "./s3-errors.ts";

const mostErrorBytes = 64 * 1024;

export interface GetRequest {
  readonly uri: string;
  readonly offset: number;
  /** Undefined: to the end. Not 0. */
  readonly length: number | undefined;
  /** The ETag that the object must have. */
  readonly version: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What one attempt ended with: all bytes, or why not. */
export type Ending =
  | { readonly got: "all" }
  | { readonly got: "nothing there" }
  | { readonly failure: S3Failure; readonly region?: string; readonly date?: string };

/** What is known of the object from its first answer. */
export interface Known {
  total: number;
  version: string;
  checksum: string | undefined;
}

/** Takes one answer apart as it arrives. */
export class Answer implements Dispatcher.DispatchHandler {
  readonly #bytes: ReceivedBytes;
  readonly #known: Known;
  readonly #request: GetRequest;
  readonly #start: number;
  readonly #attempt: number;
  readonly #resolve: (ending: Ending) => void;
  readonly #limitFor: (bytes: number) => number;
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: { readonly region?: string; readonly date?: string } = {};
  #errorBody: Buffer[] = [];
  #errorBytes = 0;
  #isWaiting = false;
  #hasEnded = false;
  /** Of the answer, however its body ended. */
  #answeredWith: number | undefined;
  readonly #abort = () => this.#controller?.abort(new Error("aborted"));

  constructor(
    bytes: ReceivedBytes,
    known: Known,
    request: GetRequest,
    start: number,
    attempt: number,
    resolve: (ending: Ending) => void,
    limit: number,
    limitFor: (bytes: number) => number,
  ) {
    this.#bytes = bytes;
    this.#known = known;
    this.#request = request;
    this.#start = start;
    this.#attempt = attempt;
    this.#resolve = resolve;
    this.#limitFor = limitFor;
    this.#timer = this.#startTimer(limit);
    request.signal?.addEventListener("abort", this.#abort);
  }

  /** HTTP status; undefined while, or when, no answer has come. */
  get status(): number | undefined {
    return this.#answeredWith;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#request.signal?.aborted === true) this.#abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: NodeJS.Dict<string | string[]>,
  ): void {
    this.#status = status;
    this.#answeredWith = status;
    const header = (name: string) => {
      const value = headers[name];
      return typeof value === "string" ? value : value?.[0];
    };
    if (status !== 200 && status !== 206) {
      const [region, date] = [header("x-amz-bucket-region"), header("date")];
      this.#headers = { ...(region === undefined ? {} : { region }), ...(date === undefined ? {} : { date }) };
      return;
    }
    const problem = this.#accept(status, header);
    if (problem !== undefined) controller.abort(new Error(problem));
  }

  /** Undefined when the answer is what was asked for. */
  #accept(status: number, header: (name: string) => string | undefined): string | undefined {
    const length = Number(header("content-length") ?? Number.NaN);
    const modified = header("last-modified");
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header("content-range") ?? "");
    const [first, last, total] = range === null ? [0, length - 1, length] : range.slice(1).map(Number);
    if (first !== this.#start || last === undefined || total === undefined || !Number.isSafeInteger(total))
      return `asked for bytes from ${this.#start} on, received ${status} ${header("content-range") ?? `${length} bytes`}`;
    if (last - first + 1 !== length)
      return `the answer announces ${length} bytes for ${header("content-range") ?? total}`;
    const version = objectVersion(header("etag"), total, modified === undefined ? undefined : new Date(modified));
    if (this.#known.version !== "" && version !== this.#known.version) {
      this.#status = 412;
      return "changed";
    }
    const { offset, length: asked } = this.#request;
    const expected = Math.min(total, asked === undefined ? total : offset + asked) - offset;
    if (this.#bytes.expected === undefined) this.#bytes.expect(expected);
    if (this.#bytes.expected !== expected || last + 1 !== offset + expected)
      return `asked for ${expected} bytes from ${offset} on, received up to ${last}`;
    this.#known.version = version;
    this.#known.total = total;
    // Of a part of the object, or of parts that were written each for itself, it says nothing about these bytes.
    const checksum = header("x-amz-checksum-crc32");
    this.#known.checksum = expected === total && checksum?.includes("-") === false ? checksum : undefined;
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer(this.#limitFor(length));
    return undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#status === 200 || this.#status === 206) {
      if (!this.#bytes.take(chunk)) return controller.abort(new Error("the body is longer than it was announced"));
      const room = this.#bytes.room();
      if (room !== undefined && !this.#isWaiting) void this.#wait(controller, room);
      return;
    }
    if (this.#errorBytes < mostErrorBytes) this.#errorBody.push(chunk);
    this.#errorBytes += chunk.byteLength;
  }

  /** Lets the server wait for the receiver, which has all the time that it wants; the deadline begins anew. */
  async #wait(controller: Dispatcher.DispatchController, room: Promise<void>): Promise<void> {
    this.#isWaiting = true;
    clearTimeout(this.#timer);
    controller.pause();
    await room;
    this.#isWaiting = false;
    if (this.#hasEnded) return;
    this.#timer = this.#startTimer(this.#limitFor((this.#bytes.expected ?? 0) - this.#bytes.received));
    controller.resume();
  }

  onResponseEnd(): void {
    if (this.#status === 416) return this.#end({ got: "nothing there" });
    if (this.#status !== 200 && this.#status !== 206) {
      const failure = failureOfBody(Buffer.concat(this.#errorBody).toString("utf8"), this.#status, this.#attempt);
      const isElsewhere =
        this.#status === 301 || this.#status === 307 || failure.code === "AuthorizationHeaderMalformed";
      const { region, date } = this.#headers;
      return this.#end({
        failure,
        ...(isElsewhere && region !== undefined ? { region } : {}),
        ...(date === undefined ? {} : { date }),
      });
    }
    if (this.#bytes.received !== this.#bytes.expected)
      return this.#end({ failure: this.#broken("BodyCut", "the body ended early") });
    const { checksum } = this.#known;
    if (checksum !== undefined && !this.#bytes.isIntact(checksum))
      return this.#end({ failure: this.#broken("ChecksumMismatch", `the bytes are not those of CRC-32 ${checksum}`) });
    this.#end({ got: "all" });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#status === 412)
      return this.#end({ failure: { code: "PreconditionFailed", message: "", status: 412, attempts: this.#attempt } });
    this.#end({ failure: failureOf(error, this.#attempt) });
  }

  #broken(code: string, message: string): S3Failure {
    return { code, message, status: undefined, attempts: this.#attempt };
  }

  #startTimer(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller?.abort(new Error(`no end within ${milliseconds / 1000} s`)), milliseconds);
  }

  #end(ending: Ending): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#abort);
    this.#resolve(ending);
  }
}

/** What is known of a request that got no answer. A PipelineError is thrown on. */
export function failureOf(error: unknown, attempts: number): S3Failure {
  if (error instanceof PipelineError) throw error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const name = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : String(error);
  return { code: code ?? name, message, status: undefined, attempts };
}
