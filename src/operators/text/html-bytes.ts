/** How far into a page browsers look for its charset. */
const declarationBytes = 1024;

/**
 * The text of a page: by byte order mark, else by the charset that it declares, else as UTF-8. Bytes that are
 * invalid in it become U+FFFD. An unknown charset counts as none.
 */
export function decodeHtml(bytes: Uint8Array): string {
  return new TextDecoder(charsetOf(bytes)).decode(bytes);
}

function charsetOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, declarationBytes));
  const declared = /charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(start)?.[1];
  if (declared === undefined || /^utf-?16/i.test(declared) || !isKnownCharset(declared)) return "utf-8";
  return declared;
}

function isKnownCharset(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    // A RangeError is how TextDecoder says that it does not know the label; the page is read as UTF-8 then.
    return false;
  }
}
