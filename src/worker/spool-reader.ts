import { z } from "zod";
import type { SourceItem } from "../contract/source.ts";
import { lazyContent } from "../model/content.ts";
import { PipelineError } from "../model/errors.ts";
import { mediaKinds, type Part } from "../model/sample.ts";
import { storageFor } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";
import { joinUri } from "../storage/uri.ts";

const windowBytes = 1024 * 1024;
const batchSamples = 64;
/** A batch ends early rather than that its samples, once read, hold much more than this. */
const batchBytes = 4 * 2 ** 20;

/** Header of a sample in a spool. Bodies follow it, one for each part that has a `byteLength`, in order. */
export const spoolHeader = z.strictObject({
  id: z.string(),
  uri: z.string(),
  range: z.strictObject({ offset: z.number(), length: z.number() }).exactOptional(),
  attributes: z.record(z.string(), z.json()),
  parts: z.array(
    z.union([
      z.strictObject({ kind: z.literal("text"), name: z.string(), mediaType: z.string(), text: z.string() }),
      z.strictObject({ kind: z.literal("embedding"), name: z.string(), byteLength: z.int() }),
      z.strictObject({ kind: z.enum(mediaKinds), name: z.string(), mediaType: z.string(), byteLength: z.int() }),
    ]),
  ),
});
export type SpoolHeader = z.infer<typeof spoolHeader>;

/**
 * The samples of spools, in order. Text is at hand, media are read when they are asked for, so that
 * memory is admitted first.
 */
export async function* readSpool(
  destination: string,
  shards: readonly string[],
): AsyncGenerator<readonly SourceItem[]> {
  const storage = storageFor(destination);
  for (const shard of shards) {
    const reader = new WindowReader(storage, joinUri(destination, shard));
    let batch: SourceItem[] = [];
    let batchStart = 0;
    for (let item = await nextItem(reader); item !== undefined; item = await nextItem(reader)) {
      batch.push(item);
      if (batch.length >= batchSamples || reader.position - batchStart >= batchBytes) {
        yield batch;
        batch = [];
        batchStart = reader.position;
      }
    }
    if (batch.length > 0) yield batch;
  }
}

async function nextItem(reader: WindowReader): Promise<SourceItem | undefined> {
  const prefix = await reader.take(4);
  if (prefix === undefined) return undefined;
  const bytes = await reader.take(prefix.readUInt32BE(0));
  if (bytes === undefined) throw reader.truncated();
  const header = spoolHeader.parse(JSON.parse(bytes.toString("utf8")));
  const parts: Part[] = [];
  for (const part of header.parts) {
    if (part.kind === "text") {
      parts.push(part);
    } else if (part.kind === "embedding") {
      const body = await reader.take(part.byteLength);
      if (body === undefined) throw reader.truncated();
      parts.push({ kind: "embedding", name: part.name, values: new Float32Array(Uint8Array.from(body).buffer) });
    } else {
      const { kind, name, mediaType, byteLength } = part;
      parts.push({ kind, name, mediaType, content: lazyContent(reader.skip(byteLength), { byteLength }) });
    }
  }
  const { id, uri, range, attributes } = header;
  return { kind: "sample", uri, range, sample: { id, parts, attributes } };
}

/** Reads an object front to back in windows, skipping what is left for later. */
class WindowReader {
  readonly #storage: Storage;
  readonly #uri: string;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #position = 0;

  constructor(storage: Storage, uri: string) {
    this.#storage = storage;
    this.#uri = uri;
  }

  /** Bytes of the object that were taken or passed over. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes; undefined at the end of the object. */
  async take(length: number): Promise<Buffer | undefined> {
    const start = this.#position - this.#windowStart;
    if (start < 0 || start + length > this.#window.byteLength) {
      this.#window = await this.#read(this.#position, Math.max(length, windowBytes));
      this.#windowStart = this.#position;
      if (this.#window.byteLength === 0 && length > 0) return undefined;
      if (this.#window.byteLength < length) throw this.truncated();
    }
    const offset = this.#position - this.#windowStart;
    this.#position += length;
    return this.#window.subarray(offset, offset + length);
  }

  /** Passes over bytes and gives what reads them. */
  skip(length: number): () => Promise<Uint8Array> {
    const offset = this.#position;
    this.#position += length;
    return () => this.#read(offset, length);
  }

  truncated(): PipelineError {
    return new PipelineError("INPUT_CORRUPT", `${this.#uri} ends inside a sample at byte ${this.#position}`, {
      details: { uri: this.#uri },
    });
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    const bytes = await this.#storage.read(this.#uri, { range: { offset, length } });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
