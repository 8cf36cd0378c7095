const wordCharacter = /[\p{L}\p{N}_]/u;
const addressLiteral =
  /\[(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?|[A-Za-z0-9-]*[A-Za-z0-9]:)\]/y;
const ipAddress = /(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)/g;

export interface Replacement {
  readonly text: string;
  readonly count: number;
}

/**
 * Replaces email addresses by `replacements` in turn, beginning with the first. Finds what the expression
 * of datatrove 0.10.1 `PIIFormatter` finds, in linear time: only `@` is searched for, and looked around.
 */
export function replaceEmails(text: string, replacements: readonly string[]): Replacement {
  let result = "";
  let done = 0;
  let count = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", Math.max(at + 1, done))) {
    const start = localPartStart(text, at, done);
    if (start < 0) continue;
    const end = domainEnd(text, at + 1);
    if (end < 0) continue;
    result += text.slice(done, start) + (replacements[count % replacements.length] ?? "");
    count++;
    done = end;
  }
  return { text: count === 0 ? text : result + text.slice(done), count };
}

/** Replaces IPv4 addresses by `replacements` in turn; with `publicOnly` only those that are globally routed. */
export function replaceIpAddresses(text: string, replacements: readonly string[], publicOnly: boolean): Replacement {
  let count = 0;
  const replaced = text.replace(ipAddress, (address) => {
    if (!isValidAddress(address) || (publicOnly && !isGlobalAddress(address))) return address;
    return replacements[count++ % replacements.length] ?? "";
  });
  return { text: replaced, count };
}

/** Where the local part before the `@` at `at` begins, not before `from`; -1 when there is none. */
function localPartStart(text: string, at: number, from: number): number {
  if (at === from || !isLocalCharacter(text.charCodeAt(at - 1))) return -1;
  let first = at;
  for (let i = at - 1; i >= from; i--) {
    const unit = text.charCodeAt(i);
    // Two full stops in a row cannot be in a local part: it begins behind them.
    if (unit === 0x2e ? text.charCodeAt(i + 1) === 0x2e : !isLocalCharacter(unit)) break;
    first = i;
  }
  for (let i = first; i < at; i++) {
    if (text.charCodeAt(i) !== 0x2e && isWordBoundary(text, i)) return i;
  }
  return -1;
}

/** End of a domain of two or more labels, or of an address literal, that begins at `from`; -1 when there is none. */
function domainEnd(text: string, from: number): number {
  if (text.charCodeAt(from) === 0x5b) {
    addressLiteral.lastIndex = from;
    return addressLiteral.test(text) ? addressLiteral.lastIndex : -1;
  }
  let end = -1;
  let labels = 0;
  for (let start = from; isAlphanumeric(text.charCodeAt(start)); ) {
    let runEnd = start;
    let lastAlphanumeric = start;
    for (; isAlphanumeric(text.charCodeAt(runEnd)) || text.charCodeAt(runEnd) === 0x2d; runEnd++) {
      if (text.charCodeAt(runEnd) !== 0x2d) lastAlphanumeric = runEnd;
    }
    labels++;
    if (labels > 1) end = lastAlphanumeric + 1;
    if (text.charCodeAt(runEnd) !== 0x2e || lastAlphanumeric + 1 !== runEnd) break;
    start = runEnd + 1;
  }
  return end;
}

function isAlphanumeric(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}

const localMarks = new Set(Array.from("!#$%&'*+/=?^_`{|}~-", (mark) => mark.charCodeAt(0)));

function isLocalCharacter(unit: number): boolean {
  return isAlphanumeric(unit) || localMarks.has(unit);
}

/** `\b` of Python: between a word character of any script and something else. */
function isWordBoundary(text: string, at: number): boolean {
  const after = text.charCodeAt(at);
  const isWordAfter = isAlphanumeric(after) || after === 0x5f;
  if (at === 0) return isWordAfter;
  const before = text.charCodeAt(at - 1);
  if (before < 0x80) return (isAlphanumeric(before) || before === 0x5f) !== isWordAfter;
  const isLow = (before & 0xfc00) === 0xdc00;
  const character = String.fromCodePoint(text.codePointAt(isLow && at >= 2 ? at - 2 : at - 1) ?? before);
  return wordCharacter.test(character) !== isWordAfter;
}

/** Python's `ipaddress` refuses leading zeros, which some systems read as octal. */
function isValidAddress(address: string): boolean {
  return address.split(".").every((octet) => octet.length === 1 || !octet.startsWith("0"));
}

/** `IPv4Address.is_global` of Python 3.13: everything but the special-purpose registry of IANA. */
function isGlobalAddress(address: string): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 240) return false;
  if (a === 100) return b < 64 || b > 127;
  if (a === 169) return b !== 254;
  if (a === 172) return b < 16 || b > 31;
  if (a === 192) {
    if (b === 0 && c === 0) return d === 9 || d === 10;
    return b !== 168 && !(b === 0 && c === 2);
  }
  if (a === 198) return b !== 18 && b !== 19 && !(b === 51 && c === 100);
  return !(a === 203 && b === 0 && c === 113);
}
