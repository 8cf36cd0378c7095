import { constants, createGzip, createZstdCompress, type Gzip, type ZstdCompress } from "node:zlib";
import { asPipelineError } from "../model/errors.ts";
import type { ShardFile } from "./shard-file.ts";

const blockBytes = 256 * 1024;

/** Lines on their way into a file, compressed. */
export interface LineCompressor {
  /** Size of the file if it ended now; what is not compressed yet counts in full. Depends on the lines alone. */
  readonly bytes: number;
  /** Takes lines, in pieces. A promise means: wait before the next call. */
  add(lines: { readonly pieces: readonly Uint8Array[]; readonly bytes: number }): void | Promise<void>;
  finish(): Promise<void>;
}

/**
 * Compresses lines into a shard as one gzip member or one zstd frame, which every reader takes, at
 * the usual levels (6 and 3). The compressed bytes depend on the lines alone: blocks end where the
 * lines say, and neither format holds a time.
 */
export function openLineCompressor(compression: "gzip" | "zstd", file: ShardFile): LineCompressor {
  const stream =
    compression === "gzip"
      ? createGzip({ level: 6, chunkSize: blockBytes })
      : createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 }, chunkSize: blockBytes });
  const compressed: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => compressed.push(chunk));
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  const passOn = async (step: (done: (error?: Error | null) => void) => void) => {
    await completed(stream, step);
    const written = file.write(compressed.splice(0));
    if (written !== undefined) await written;
  };

  const compressPending = () => {
    const block = Buffer.concat(pending, pendingBytes);
    pending = [];
    pendingBytes = 0;
    return passOn((done) => stream.write(block, done));
  };

  return {
    get bytes() {
      return file.bytes + pendingBytes;
    },
    add({ pieces, bytes }) {
      pending.push(...pieces);
      pendingBytes += bytes;
      return pendingBytes < blockBytes ? undefined : compressPending();
    },
    async finish() {
      if (pendingBytes > 0) await compressPending();
      await passOn((done) => {
        stream.once("end", done);
        stream.end();
      });
    },
  };
}

/** Settles when a step of the stream has called back or the stream has failed. */
async function completed(
  stream: Gzip | ZstdCompress,
  step: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once("error", reject);
      step((error) => {
        stream.removeListener("error", reject);
        if (error) reject(error);
        else resolve();
      });
    });
  } catch (error) {
    throw asPipelineError(error, "STORAGE_FAILED", "compressing a shard");
  }
}
