import { Buffer } from "node:buffer";

/** A place in a run of bytes that only moves forward. */
export interface ByteCursor {
  readonly offset: number;
  /** The next `length` bytes; fewer at the end. Views stay valid. */
  read(length: number): Promise<Buffer>;
  /** Moves on by `length` bytes; the answer is smaller at the end. */
  skip(length: number): Promise<number>;
  close(): Promise<void>;
}

const smallWindow = 4096;
const largeWindow = 512 * 1024;
/** Bytes that are read along rather than skipped with a request of their own. */
const bridgedBytes = 256 * 1024;

/**
 * Over an object that can be read from anywhere. Reads ahead while the cursor moves in small steps, and
 * little after a long one, so that walking over large bodies does not read them.
 */
export function rangeCursor(
  byteLength: number,
  readRange: (offset: number, length: number) => Promise<Uint8Array>,
): ByteCursor {
  let offset = 0;
  let window: Buffer = Buffer.alloc(0);
  let windowOffset = 0;
  return {
    get offset() {
      return offset;
    },
    async read(length) {
      const wanted = Math.min(length, byteLength - offset);
      if (offset + wanted > windowOffset + window.length) {
        const isNear = offset <= windowOffset + window.length + bridgedBytes;
        const ahead = Math.min(Math.max(wanted, isNear ? largeWindow : smallWindow), byteLength - offset);
        window = bufferOf(await readRange(offset, ahead));
        windowOffset = offset;
      }
      const from = offset - windowOffset;
      offset += wanted;
      return window.subarray(from, from + wanted);
    },
    async skip(length) {
      const skipped = Math.min(length, byteLength - offset);
      offset += skipped;
      return skipped;
    },
    close: async () => undefined,
  };
}

/** Over chunks that come one after the other. */
export function streamCursor(chunks: AsyncIterable<Uint8Array>): ByteCursor {
  const source = chunks[Symbol.asyncIterator]();
  let offset = 0;
  let current: Buffer = Buffer.alloc(0);
  const next = async (): Promise<boolean> => {
    const chunk = await source.next();
    if (chunk.done === true) return false;
    current = bufferOf(chunk.value);
    return true;
  };
  const take = (length: number): Buffer => {
    const taken = current.subarray(0, length);
    current = current.subarray(taken.length);
    offset += taken.length;
    return taken;
  };
  return {
    get offset() {
      return offset;
    },
    async read(length) {
      if (current.length >= length) return take(length);
      const pieces: Buffer[] = [];
      for (let missing = length; missing > 0; ) {
        if (current.length === 0 && !(await next())) break;
        const piece = take(missing);
        pieces.push(piece);
        missing -= piece.length;
      }
      return Buffer.concat(pieces);
    },
    async skip(length) {
      let missing = length;
      while (missing > 0 && (current.length > 0 || (await next()))) missing -= take(missing).length;
      return length - missing;
    },
    async close() {
      await source.return?.();
    },
  };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
