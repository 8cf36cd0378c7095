import { isUtf8 } from "node:buffer";
import type { SniffedType } from "./sniffed-type.ts";

const plain: SniffedType = { kind: "text", mediaType: "text/plain", extension: "txt" };
const html: SniffedType = { kind: "text", mediaType: "text/html", extension: "html" };
const xml: SniffedType = { kind: "text", mediaType: "application/xml", extension: "xml" };
const json: SniffedType = { kind: "text", mediaType: "application/json", extension: "json" };
const svg: SniffedType = { kind: "document", mediaType: "image/svg+xml", extension: "svg" };

/** Tags that make content HTML when they come first: WHATWG MIME Sniffing, section 7.1 (2025-06). */
const htmlStart = /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)(?=[\s>/])/i;
/** Code points of prolog that are looked through for the first tag. */
const prologLength = 4096;

/**
 * The kind of text that `head` begins, or undefined when it is no valid UTF-8 (nor UTF-16 with a byte order mark).
 * A head that is cut inside a character is still valid.
 */
export function sniffText(head: Uint8Array, isWhole: boolean): SniffedType | undefined {
  if (head.byteLength === 0) return plain;
  const utf16 = utf16Encoding(head);
  if (utf16 !== undefined) return head.byteLength % 2 === 0 ? markupOf(decodeStart(head, utf16)) : undefined;
  if (looksBinary(head)) return undefined;
  if (!isUtf8(isWhole ? head : withoutCutCharacter(head))) return undefined;
  const markup = markupOf(decodeStart(head, "utf-8"));
  return markup === plain && looksLikeJson(head, isWhole) ? json : markup;
}

/** True when the bytes hold a control character that no text has. */
export function looksBinary(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    // Tab, line feed, vertical tab, form feed, carriage return and escape do occur in text.
    if (byte < 0x20 && (byte < 0x09 || (byte > 0x0d && byte !== 0x1b))) return true;
  }
  return false;
}

/** The encoding that a UTF-16 byte order mark announces. */
export function utf16Encoding(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return undefined;
}

/** At most three bytes shorter: without a last character whose end lies behind the cut. */
function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.byteLength); back++) {
    const byte = bytes[bytes.byteLength - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.byteLength - back) : bytes;
  }
  return bytes;
}

function decodeStart(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding).decode(bytes.subarray(0, prologLength));
}

function markupOf(start: string): SniffedType {
  let rest = start.trimStart();
  if (!rest.startsWith("<")) return plain;
  let isXml = false;
  for (;;) {
    if (htmlStart.test(rest)) return html;
    if (/^<(?:\w+:)?svg[\s>/]/.test(rest)) return svg;
    const skipped = prologItemLength(rest);
    if (skipped === 0) return isXml ? xml : plain;
    isXml ||= rest.startsWith("<?xml");
    rest = rest.slice(skipped).trimStart();
  }
}

/** Length of the comment, processing instruction or document type that `text` begins with; 0 = none that ends. */
function prologItemLength(text: string): number {
  const end = text.startsWith("<!--")
    ? text.indexOf("-->", 4) + 3
    : text.startsWith("<?")
      ? text.indexOf("?>", 2) + 2
      : /^<!doctype/i.test(text)
        ? endOfDoctype(text)
        : 0;
  return end >= 4 ? end : 0;
}

function endOfDoctype(text: string): number {
  const subset = text.indexOf("[");
  const end = text.indexOf(">");
  return subset !== -1 && subset < end ? text.indexOf("]>", subset) + 2 : end + 1;
}

function looksLikeJson(head: Uint8Array, isWhole: boolean): boolean {
  let first = 0;
  if (head[0] === 0xef && head[1] === 0xbb) first = 3;
  while (first < head.byteLength && (head[first] ?? 0) <= 0x20) first++;
  if (head[first] !== 0x7b && head[first] !== 0x5b) return false;
  const text = new TextDecoder().decode(head.subarray(first));
  if (!isWhole) return /^(?:\{\s*["}]|\[\s*[[{"])/.test(text);
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Text that only begins like JSON (JSON lines, a bracketed remark) is plain text.
    return false;
  }
}
