import { createHash } from "node:crypto";
import type { Shard, ShardDestination } from "../contract/sink.ts";
import { PipelineError } from "../model/errors.ts";
import { storageFor } from "./open-storage.ts";
import type { ObjectWriter } from "./storage.ts";
import { joinUri } from "./uri.ts";

const slabBytes = 1024 * 1024;

/** One output file while it is written: hashed and counted on the way, whole or not at all. */
export interface ShardFile {
  /** Bytes taken so far. */
  readonly bytes: number;
  /**
   * Takes the chunks, in order, and keeps none of them. A promise means: wait before the next call.
   * Writing goes on behind; what fails there surfaces at a later call, of `commit` at the latest.
   */
  write(chunks: readonly Uint8Array[]): void | Promise<void>;
  /** Hands everything to the storage and frees the buffers. Nothing can be written afterwards. */
  seal(): Promise<void>;
  /**
   * Publishes the file under its name or, when that is taken, under the attempt's own
   * (`<stem>.<attempt>.<extension>`), durably.
   */
  commit(samples: number): Promise<Shard>;
  /** Removes the file, published or not. Never throws. */
  abort(): Promise<void>;
}

/** Begins the output file `name` in the destination's folder. Rejects as `Storage.create` does. */
export async function openShardFile(destination: ShardDestination, name: string): Promise<ShardFile> {
  const storage = storageFor(destination.uri);
  const writer = await storage.create(joinUri(destination.uri, name), destination.attempt);
  const body = hashedBody(writer);
  let published: string | undefined;
  return {
    get bytes() {
      return body.bytes;
    },
    write: body.write,
    seal: body.seal,
    async commit(samples) {
      await body.seal();
      published = await publish(writer, destination, name);
      return { name, storedAs: published, bytes: body.bytes, sha256: body.sha256(), samples };
    },
    async abort() {
      await body.settle();
      await writer.abort();
      if (published === undefined) return;
      // What cannot be removed stays as an orphan: no ledger entry names it, and finishing the run collects it.
      await storage.remove(joinUri(destination.uri, published)).catch(() => undefined);
    },
  };
}

async function publish(writer: ObjectWriter, destination: ShardDestination, name: string): Promise<string> {
  if ((await writer.commit()) === "created") return name;
  const scoped = attemptScopedName(name, destination.attempt);
  if ((await writer.commitAs(joinUri(destination.uri, scoped))) === "created") return scoped;
  throw new PipelineError(
    "STORAGE_FAILED",
    `both ${name} and ${scoped} exist in ${destination.uri}: expected the name of an attempt to be unused`,
    { details: { folder: destination.uri, name, scoped }, isRetryable: true },
  );
}

function attemptScopedName(name: string, attempt: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? `${name}.${attempt}` : `${name.slice(0, dot)}.${attempt}${name.slice(dot)}`;
}

/**
 * Gathers chunks in one slab while the other is written. The hash is taken of whole slabs, on this
 * thread, while the storage writes the one before.
 */
function hashedBody(writer: ObjectWriter) {
  const hash = createHash("sha256");
  let slab: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  let spare: Buffer | undefined;
  let used = 0;
  let bytes = 0;
  let writing: Promise<void> = Promise.resolve();
  let digest: string | undefined;

  const flush = async () => {
    if (used === 0) return writing;
    const full = slab.subarray(0, used);
    hash.update(full);
    await writing;
    writing = writer.write(full);
    // The rejection is met where `writing` is awaited next; here it only must not count as unhandled.
    writing.catch(() => undefined);
    const free = spare ?? Buffer.allocUnsafeSlow(slabBytes);
    spare = slab;
    slab = free;
    used = 0;
  };

  const writeFrom = async (chunks: readonly Uint8Array[], from: number) => {
    for (const chunk of chunks.slice(from)) {
      if (chunk.byteLength > slab.byteLength - used) await flush();
      if (chunk.byteLength <= slab.byteLength) {
        slab.set(chunk, used);
        used += chunk.byteLength;
      } else {
        await writing;
        hash.update(chunk);
        await writer.write(chunk);
      }
      bytes += chunk.byteLength;
    }
  };

  return {
    get bytes() {
      return bytes;
    },
    write(chunks: readonly Uint8Array[]): void | Promise<void> {
      for (let i = 0; i < chunks.length; i++) {
        const chunk = chunks[i];
        if (chunk === undefined) continue;
        if (chunk.byteLength > slab.byteLength - used) return writeFrom(chunks, i);
        slab.set(chunk, used);
        used += chunk.byteLength;
        bytes += chunk.byteLength;
      }
    },
    async seal() {
      if (digest !== undefined) return;
      await flush();
      await writing;
      digest = hash.digest("hex");
      slab = spare = Buffer.alloc(0);
    },
    sha256: () => digest ?? "",
    /** Resolves when no write is under way, however it ended. */
    settle: () => writing.catch(() => undefined),
  };
}
