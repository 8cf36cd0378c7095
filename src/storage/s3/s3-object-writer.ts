import { createHash } from "node:crypto";
import { asPipelineError, PipelineError } from "../../model/errors.ts";
import type { ObjectWriter } from "../storage.ts";
import { parentUri } from "../uri.ts";
import { GrowingPart } from "./growing-part.ts";
import { MultipartUpload } from "./multipart-upload.ts";
import { partBytes } from "./part-layout.ts";
import { copyInParts, removeObject } from "./s3-copy.ts";
import { createObject, statObject } from "./s3-put.ts";
import type { S3Session } from "./s3-session.ts";

const partsUnderWay = 3;

/**
 * An object that fits into one part is kept in memory and put at the end. A larger one goes up in parts, under its
 * own name, or, when that is taken already, under a hidden one from which the server copies it. Holds at most four
 * parts. What an interrupted writer leaves is an upload that nobody sees, at worst a hidden object.
 */
export class S3ObjectWriter implements ObjectWriter {
  readonly #session: S3Session;
  readonly #target: string;
  readonly #temporary: string;
  readonly #part = new GrowingPart();
  readonly #underWay = new Set<Promise<void>>();
  #upload: MultipartUpload | undefined;
  #isTemporary = false;
  #parts = 0;
  #bytes = 0;
  #failure: PipelineError | undefined;
  #isComplete = false;

  constructor(session: S3Session, target: string, scope: string) {
    this.#session = session;
    this.#target = target;
    const folder = parentUri(target);
    this.#temporary = `${folder}/.${target.slice(folder.length + 1)}.${scope}.tmp`;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.byteLength; ) {
      const limit = partBytes(this.#parts + 1);
      // Only once there is more: an object of exactly one part is still put whole.
      if (this.#part.bytes.byteLength === limit) await this.#ship();
      const taken = this.#part.take(chunk.subarray(done), partBytes(this.#parts + 1));
      done += taken;
      this.#bytes += taken;
    }
  }

  commit(): Promise<"created" | "exists"> {
    return this.#publish(this.#target);
  }

  commitAs(uri: string): Promise<"created" | "exists"> {
    if (parentUri(uri) === parentUri(this.#target)) return this.#publish(uri);
    throw new PipelineError("STORAGE_FAILED", `expected a name in the folder of ${this.#target}, received ${uri}`);
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#upload?.abort();
    // What cannot be removed stays as a hidden object, which the collector of orphans removes.
    if (this.#isTemporary) await removeObject(this.#session, this.#temporary).catch(() => undefined);
    this.#part.clear();
  }

  async #publish(uri: string): Promise<"created" | "exists"> {
    if (this.#upload === undefined) {
      return (await createObject(this.#session, uri, this.#part.bytes)) === "created" ? "created" : "exists";
    }
    if (this.#part.bytes.byteLength > 0) await this.#ship();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    if (this.#isTemporary) return this.#publishTemporary(this.#upload, uri);
    if (uri === this.#target) return (await this.#upload.complete("create")) === "created" ? "created" : "exists";
    return this.#publishTwin(this.#upload, uri);
  }

  async #publishTemporary(upload: MultipartUpload, uri: string): Promise<"created" | "exists"> {
    if (!this.#isComplete) await upload.complete("replace");
    this.#isComplete = true;
    // Spares the copy where the answer is known; the condition of the copy decides.
    if ((await statObject(this.#session, uri)) !== undefined) return "exists";
    const whole = await statObject(this.#session, this.#temporary);
    if (whole === undefined) throw this.#lost("what was written is gone");
    return (await copyInParts(this.#session, whole, uri, "create")) === "created" ? "created" : "exists";
  }

  /**
   * The name was free when the first part went up and is taken now: by another attempt that wrote the same bytes, or by
   * this one, and the answer got lost. Parts cannot be given another name, but the twin can be copied.
   */
  async #publishTwin(upload: MultipartUpload, uri: string): Promise<"created" | "exists"> {
    const twin = await statObject(this.#session, this.#target);
    if (twin === undefined || twin.bytes !== this.#bytes || twin.version !== etagOf(upload.etags))
      throw this.#lost("another writer took the name meanwhile, with other bytes");
    return (await copyInParts(this.#session, twin, uri, "create")) === "created" ? "created" : "exists";
  }

  async #ship(): Promise<void> {
    this.#upload ??= await this.#begin();
    while (this.#underWay.size >= partsUnderWay) await Promise.race(this.#underWay);
    this.#throwFailure();
    const number = ++this.#parts;
    const sending = this.#upload.upload(number, this.#part.bytes).catch((error: unknown) => {
      // Thrown by the next call, at the latest when the object is published.
      this.#failure ??= asPipelineError(error, "STORAGE_FAILED", "writing a part failed");
    });
    this.#part.clear();
    this.#underWay.add(sending);
    void sending.finally(() => this.#underWay.delete(sending));
  }

  async #begin(): Promise<MultipartUpload> {
    this.#isTemporary = (await statObject(this.#session, this.#target)) !== undefined;
    return MultipartUpload.begin(this.#session, this.#isTemporary ? this.#temporary : this.#target, "CRC32");
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #lost(why: string): PipelineError {
    return new PipelineError(
      "STORAGE_FAILED",
      `publishing ${JSON.stringify(this.#target)} failed: ${why}; trying again helps`,
      {
        details: { path: this.#target },
        isRetryable: true,
      },
    );
  }
}

/** The ETag that S3 gives an object of these parts; undefined where ETags are no MD5 sums. */
function etagOf(parts: readonly string[]): string | undefined {
  const sums = parts.map((etag) => etag.replaceAll('"', ""));
  if (!sums.every((sum) => /^[0-9a-f]{32}$/.test(sum))) return undefined;
  const sum = createHash("md5")
    .update(Buffer.from(sums.join(""), "hex"))
    .digest("hex");
  return `"${sum}-${sums.length}"`;
}
