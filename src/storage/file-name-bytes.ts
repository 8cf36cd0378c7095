import { isUtf8 } from "node:buffer";

const loneSurrogate = /\p{Surrogate}/u;

/**
 * File names are bytes on disk and strings here. A name that is not UTF-8 keeps every byte: each byte
 * that does not belong to a valid sequence becomes the lone surrogate U+DC00 + byte, as in Python's
 * `surrogateescape` (PEP 383). Such strings survive JSON, and `pathOnDisk` gives the bytes back.
 */
export function nameFromBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let name = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    name += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString("utf8", at, at + length);
    at += Math.max(length, 1);
  }
  return name;
}

/** What file-system calls take for a path that may hold escaped bytes. */
export function pathOnDisk(path: string): string | Buffer {
  if (!loneSurrogate.test(path)) return path;
  const pieces: Buffer[] = [];
  for (const character of path) {
    const unit = character.charCodeAt(0);
    const isEscapedByte = character.length === 1 && unit >= 0xdc80 && unit <= 0xdcff;
    pieces.push(isEscapedByte ? Buffer.of(unit - 0xdc00) : Buffer.from(character, "utf8"));
  }
  return Buffer.concat(pieces);
}

function sequenceLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
