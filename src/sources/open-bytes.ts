import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { InputFile } from "../contract/source.ts";
import { messageOf, PipelineError } from "../model/errors.ts";
import { storageFor } from "../storage/open-storage.ts";
import { readFailure } from "./read-items.ts";
import { ZstdFrameFollower } from "./zstd-frames.ts";

export type Compression = "none" | "gzip" | "zstd";

/** How a file is compressed, told by its first bytes. */
export async function compressionOf(file: InputFile, signal: AbortSignal): Promise<Compression> {
  const head = await readRange(file, 0, 4, signal);
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  const isSkippable = ((head[0] ?? 0) & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return isZstd || isSkippable ? "zstd" : "none";
}

/** Part of an input file; rejects with INPUT_CHANGED when the file is not the listed version. */
export async function readRange(
  file: InputFile,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  try {
    const range = { offset, length };
    return await storageFor(file.uri).read(file.uri, { version: file.version, signal, range });
  } catch (error) {
    signal.throwIfAborted();
    throw readFailure(error, file.uri);
  }
}

/** An input file's bytes from `offset` on, as they are stored. */
export async function* streamRange(file: InputFile, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  try {
    const range = { offset, length: Math.max(0, file.bytes - offset) };
    yield* storageFor(file.uri).stream(file.uri, { version: file.version, signal, range });
  } catch (error) {
    signal.throwIfAborted();
    throw readFailure(error, file.uri);
  }
}

/**
 * An input file's bytes, decompressed. Rejects with INPUT_CORRUPT, after all that could be decompressed, when
 * the compressed stream is damaged or ends early.
 */
export async function* streamDecompressed(
  file: InputFile,
  compression: Compression,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (compression === "none") {
    yield* streamRange(file, 0, signal);
    return;
  }
  const { createGunzip, createZstdDecompress } = await import("node:zlib");
  const chunkSize = 256 * 1024;
  const decompressor: Transform =
    compression === "gzip" ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const frames = new ZstdFrameFollower();
  const compressed = async function* () {
    for await (const chunk of streamRange(file, 0, signal)) {
      if (compression === "zstd") yield* frames.push(chunk);
      else yield chunk;
    }
  };
  // In object mode, which keeps the pieces apart.
  const feeding = pipeline(Readable.from(compressed()), decompressor);
  // Its failure reaches the consumer through the decompressor, which it destroys with the same error.
  feeding.catch(() => undefined);
  try {
    for await (const chunk of decompressor) yield bytesOf(chunk);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PipelineError) throw error;
    throw corrupt(file, `its ${compression} stream is damaged or ends early (${messageOf(error)})`, error);
  } finally {
    decompressor.destroy();
  }
  if (compression === "zstd" && !frames.isComplete) throw corrupt(file, "its zstd stream ends early", undefined);
}

export function corrupt(file: InputFile, what: string, cause: unknown): PipelineError {
  return new PipelineError("INPUT_CORRUPT", `${JSON.stringify(file.uri)} cannot be read to its end: ${what}`, {
    details: { path: file.uri },
    ...(cause === undefined ? {} : { cause }),
  });
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`expected bytes, received ${typeof chunk}`);
}
