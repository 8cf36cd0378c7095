import { Buffer } from "node:buffer";

export interface ByteLine {
  /** Offset of its first byte in the stream that `byteLines` was given, from `firstOffset` on. */
  readonly offset: number;
  /** Without its line end; a view that stays valid. Undefined when the line is longer than allowed. */
  readonly bytes: Buffer | undefined;
  /** Without its line end, of a line that is too long as well. */
  readonly byteLength: number;
}

/**
 * Lines of a byte stream, several at a time: those that one chunk completes. Lines end with LF or CRLF, the
 * last one may end with the stream. A line of more than `maxLineBytes` is reported without its bytes, in
 * bounded memory. When the stream fails, the lines before come first and the unfinished line is not given.
 */
export async function* byteLines(
  chunks: AsyncIterable<Uint8Array>,
  firstOffset: number,
  maxLineBytes: number,
): AsyncGenerator<readonly ByteLine[]> {
  let carried: Buffer[] = [];
  let carriedLength = 0;
  let lineStart = firstOffset;
  for await (const piece of chunks) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const lines: ByteLine[] = [];
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const length = carriedLength + end - from;
      const tail = chunk.subarray(from, end);
      const isHeld = length <= maxLineBytes + 1;
      const bytes = !isHeld ? undefined : carriedLength === 0 ? tail : Buffer.concat([...carried, tail], length);
      lines.push(lineOf(lineStart, bytes, length, maxLineBytes));
      lineStart += length + 1;
      from = end + 1;
      carried = [];
      carriedLength = 0;
    }
    if (from < chunk.length) {
      carriedLength += chunk.length - from;
      // What is too long already is only counted.
      if (carriedLength > maxLineBytes + 1) carried = [];
      else carried.push(chunk.subarray(from));
    }
    if (lines.length > 0) yield lines;
  }
  if (carriedLength > 0) {
    const bytes = carriedLength <= maxLineBytes + 1 ? Buffer.concat(carried, carriedLength) : undefined;
    yield [lineOf(lineStart, bytes, carriedLength, maxLineBytes)];
  }
}

function lineOf(offset: number, bytes: Buffer | undefined, length: number, maxLineBytes: number): ByteLine {
  const hasReturn = bytes !== undefined && bytes[length - 1] === 13;
  const byteLength = hasReturn ? length - 1 : length;
  if (bytes === undefined || byteLength > maxLineBytes) return { offset, bytes: undefined, byteLength };
  return { offset, bytes: hasReturn ? bytes.subarray(0, byteLength) : bytes, byteLength };
}
