import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { utf16Encoding } from "../media/sniff-text.ts";
import type { ErrorCode } from "../model/error-codes.ts";
import { PipelineError } from "../model/errors.ts";

export type InvalidUtf8 = "fail" | "replace";

/** What happens to text that is not valid UTF-8; the same option in every source of text. */
export const invalidUtf8Option = z
  .enum(["fail", "replace"])
  .default("fail")
  .describe("Text that is not valid UTF-8: `fail` fails the sample, `replace` puts U+FFFD for what is wrong.");

/**
 * Text of UTF-8, or of UTF-16 that begins with a byte order mark; marks are taken off, nothing else is changed.
 * Throws `code` with the offset of the first wrong byte when `invalid` is "fail".
 */
export function decodeText(bytes: Uint8Array, invalid: InvalidUtf8, code: ErrorCode, where: string): string {
  const utf16 = utf16Encoding(bytes);
  if (utf16 !== undefined) return decodeUtf16(bytes, utf16, invalid, code, where);
  if (invalid === "fail" && !isUtf8(bytes)) throw invalidText(firstInvalidUtf8(bytes), "UTF-8", code, where);
  return decodeUtf8(bytes);
}

const utf8 = new TextDecoder("utf-8");

/** Text of UTF-8 without its byte order mark; what is wrong becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

export function invalidText(offset: number, encoding: string, code: ErrorCode, where: string): PipelineError {
  return new PipelineError(
    code,
    `${where} is not valid ${encoding}: the first wrong byte is at offset ${offset}; convert it to UTF-8, or set invalidUtf8: replace`,
    { details: { byteOffset: offset } },
  );
}

/** Offset of the first byte that does not belong to a valid UTF-8 sequence; the length when all do. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  // isUtf8 is far faster than any loop here: halve the valid prefix until the sequence is found.
  let valid = 0;
  let end = bytes.byteLength;
  while (end - valid > 8) {
    const middle = startOfCharacter(bytes, valid + ((end - valid) >> 1));
    if (middle > valid && isUtf8(bytes.subarray(valid, middle))) valid = middle;
    else if (middle > valid) end = middle;
    else break;
  }
  while (valid < bytes.byteLength) {
    const length = validSequenceLength(bytes, valid);
    if (length === 0) return valid;
    valid += length;
  }
  return valid;
}

function startOfCharacter(bytes: Uint8Array, offset: number): number {
  let start = offset;
  while (start > 0 && offset - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}

function validSequenceLength(bytes: Uint8Array, offset: number): number {
  for (let length = 1; length <= 4 && offset + length <= bytes.byteLength; length++) {
    if (isUtf8(bytes.subarray(offset, offset + length))) return length;
  }
  return 0;
}

function decodeUtf16(
  bytes: Uint8Array,
  encoding: "utf-16le" | "utf-16be",
  invalid: InvalidUtf8,
  code: ErrorCode,
  where: string,
): string {
  const text = new TextDecoder(encoding).decode(bytes);
  if (invalid === "replace") return text;
  // The decoder puts U+FFFD for each lone surrogate and for a cut last unit, and the mark is gone from the text.
  const unit = bytes.byteLength % 2 === 1 ? (bytes.byteLength - 3) >> 1 : firstLoneSurrogate(bytes, encoding);
  if (unit >= 0) throw invalidText(2 + 2 * unit, "UTF-16", code, where);
  return text;
}

/** Index of the first unpaired surrogate behind the byte order mark, in units; -1 when there is none. */
function firstLoneSurrogate(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): number {
  const high = encoding === "utf-16le" ? 1 : 0;
  for (let at = 2; at + 1 < bytes.byteLength; at += 2) {
    const top = (bytes[at + high] ?? 0) & 0xfc;
    if (top === 0xdc) return (at - 2) >> 1;
    if (top !== 0xd8) continue;
    if (((bytes[at + 2 + high] ?? 0) & 0xfc) !== 0xdc) return (at - 2) >> 1;
    at += 2;
  }
  return -1;
}
