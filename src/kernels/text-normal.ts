export interface NormalizeRules {
  readonly unicodeForm: "NFC" | "NFD" | "NFKC" | "NFKD" | "none";
  readonly unifyNewlines: boolean;
  readonly spaces: "collapse" | "trim" | "keep";
  /** Most empty lines in a row; `null` = as many as there are. */
  readonly maxBlankLines: number | null;
  readonly removeControls: boolean;
  readonly removeInvisibles: boolean;
}

const newline = 10;
const replacementCharacter = 0xfffd;

let output = new Uint16Array(4096);

/**
 * The text with the rules applied, the same string when they change nothing. Lone surrogates become U+FFFD,
 * so that the result can be written as UTF-8. Applying the same rules again changes nothing.
 */
export function normalizeText(text: string, rules: NormalizeRules): string {
  const cleaned = isPlain(text, rules) ? text : clean(text, rules);
  if (rules.unicodeForm === "none" || isAscii(cleaned)) return cleaned;
  const composed = cleaned.normalize(rules.unicodeForm);
  // Compatibility forms turn some characters into spaces, and a removed one may have stood between two others.
  return composed === cleaned || isPlain(composed, rules) ? composed : clean(composed, rules);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** True when no rule but the Unicode form can change the text: one cheap pass spares most texts the copy. */
function isPlain(text: string, rules: NormalizeRules): boolean {
  const { length } = text;
  let newlines = 0;
  let previous = newline;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (isLoneSurrogate(text, i)) return false;
    if (isRemoved(unit, rules) || (rules.unifyNewlines && isLineEnd(unit) && unit !== newline)) return false;
    if (rules.spaces !== "keep" && isBlankBreak(unit, previous, rules)) return false;
    newlines = unit === newline ? newlines + 1 : 0;
    if (rules.maxBlankLines !== null && newlines > rules.maxBlankLines + 1) return false;
    previous = unit;
  }
  if (rules.spaces !== "keep" && isHorizontalSpace(previous)) return false;
  return rules.maxBlankLines === null || !touchesNewline(text);
}

function touchesNewline(text: string): boolean {
  return text.charCodeAt(0) === newline || text.charCodeAt(text.length - 1) === newline;
}

/** A space that one of the rules about spaces would remove or replace. */
function isBlankBreak(unit: number, previous: number, rules: NormalizeRules): boolean {
  if (unit === newline) return previous !== newline && isHorizontalSpace(previous);
  if (rules.spaces !== "collapse" || !isHorizontalSpace(unit)) return false;
  return unit !== 0x20 || previous === newline || isHorizontalSpace(previous);
}

function clean(text: string, rules: NormalizeRules): string {
  if (output.length < text.length) output = new Uint16Array(text.length + (text.length >> 1));
  let length = 0;
  /** End of the last line's content, behind which spaces are trimmed. */
  let contentEnd = 0;
  let newlines = 0;
  for (let i = 0; i < text.length; i++) {
    let unit = text.charCodeAt(i);
    if (rules.unifyNewlines && unit !== newline && isLineEnd(unit)) {
      if (unit === 13 && text.charCodeAt(i + 1) === newline) i++;
      unit = newline;
    }
    if (isRemoved(unit, rules)) continue;
    if (unit === newline) {
      if (rules.spaces !== "keep") length = contentEnd;
      newlines++;
      const isSurplus = rules.maxBlankLines !== null && (length === 0 || newlines > rules.maxBlankLines + 1);
      if (!isSurplus) output[length++] = newline;
      contentEnd = length;
      continue;
    }
    if (rules.spaces !== "keep" && isHorizontalSpace(unit)) {
      if (rules.spaces === "trim") output[length++] = unit;
      else if (length === contentEnd && length > 0 && output[length - 1] !== newline) output[length++] = 0x20;
      continue;
    }
    output[length++] = isLoneSurrogate(text, i) ? replacementCharacter : unit;
    contentEnd = length;
    newlines = 0;
  }
  return finish(rules, length, contentEnd);
}

function finish(rules: NormalizeRules, length: number, contentEnd: number): string {
  let end = rules.spaces === "keep" ? length : contentEnd;
  if (rules.maxBlankLines !== null) while (end > 0 && output[end - 1] === newline) end--;
  return Buffer.from(output.buffer, 0, end * 2).toString("utf16le");
}

/** A surrogate that the other half does not stand beside. */
function isLoneSurrogate(text: string, at: number): boolean {
  const kind = text.charCodeAt(at) & 0xfc00;
  if (kind === 0xd800) return (text.charCodeAt(at + 1) & 0xfc00) !== 0xdc00;
  return kind === 0xdc00 && (at === 0 || (text.charCodeAt(at - 1) & 0xfc00) !== 0xd800);
}

/** CR, NEL, vertical tab, form feed, and the separators of lines and paragraphs. */
function isLineEnd(unit: number): boolean {
  return (unit >= 10 && unit <= 13) || unit === 0x85 || unit === 0x2028 || unit === 0x2029;
}

/** Tab and every space of Unicode that does not end a line. */
function isHorizontalSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || unit === 9;
  if (unit < 0x1680) return unit === 0xa0;
  return unit === 0x1680 || (unit >= 0x2000 && unit <= 0x200a) || unit === 0x202f || unit === 0x205f || unit === 0x3000;
}

function isRemoved(unit: number, rules: NormalizeRules): boolean {
  if (unit < 0xa0) {
    if (!rules.removeControls || (unit >= 0x20 && unit < 0x7f)) return false;
    return unit !== 9 && !isLineEnd(unit);
  }
  if (!rules.removeInvisibles) return false;
  return unit === 0xad || unit === 0x200b || unit === 0x2060 || unit === 0xfeff;
}
