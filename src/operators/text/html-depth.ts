/** Elements without content. */
const voidElements = new Set(
  "area base br col embed hr img input link meta param source track wbr !doctype".split(" "),
);
/** What an open tag ends when it is the innermost open element: `<li>` ends the item before it. */
const impliedEnds: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [
    ["p", "p"],
    ["li", "li"],
    ["dt", "dt dd"],
    ["dd", "dt dd"],
    ["tr", "tr th td"],
    ["th", "th"],
    ["td", "th td thead"],
    ["tbody", "thead tbody"],
    ["tfoot", "thead tbody"],
    ["option", "option"],
    ["optgroup", "optgroup option"],
    ["rt", "rt rp"],
    ["rp", "rt rp"],
  ].map(([name = "", ends = ""]) => [name, new Set(ends.split(" "))]),
);
/** Elements whose content is no markup. */
const rawElements = new Set("script style textarea title xmp noembed noframes iframe plaintext".split(" "));

/**
 * Whether elements of the page nest deeper than `limit`. Parsing and Readability take time that grows with
 * the square of the depth and worse, so this looks at the tags alone: one pass, and it stops at the limit.
 */
export function isDeeperThan(html: string, limit: number): boolean {
  const open: string[] = [];
  for (let at = html.indexOf("<"); at >= 0; at = html.indexOf("<", at)) {
    if (html.startsWith("<!--", at)) {
      const end = html.indexOf("-->", at + 4);
      if (end < 0) return false;
      at = end + 3;
      continue;
    }
    const isClosing = html.charCodeAt(at + 1) === 0x2f;
    const nameStart = isClosing ? at + 2 : at + 1;
    const nameEnd = endOfName(html, nameStart);
    if (nameEnd === nameStart) {
      at++;
      continue;
    }
    const name = html.slice(nameStart, nameEnd).toLowerCase();
    at = endOfTag(html, nameEnd);
    if (isClosing) {
      const index = open.lastIndexOf(name);
      if (index >= 0) open.length = index;
    } else if (rawElements.has(name)) {
      at = endOfRaw(html, at, name);
    } else if (!voidElements.has(name)) {
      const ends = impliedEnds.get(name);
      while (ends?.has(open.at(-1) ?? "")) open.pop();
      if (open.push(name) > limit) return true;
    }
  }
  return false;
}

/** Names longer than any element's are cut: only equality matters, and this keeps the pass linear. */
const longestName = 64;

function endOfName(html: string, start: number): number {
  const first = html.charCodeAt(start) | 0x20;
  if (first < 0x61 || first > 0x7a) return start;
  let end = start + 1;
  for (; end < html.length && end - start < longestName; end++) {
    const unit = html.charCodeAt(end);
    if (unit === 0x3e || unit === 0x2f || unit <= 0x20) break;
  }
  return end;
}

/** Behind the `>` that ends the tag; one inside quotes ends none. */
function endOfTag(html: string, start: number): number {
  let quote = 0;
  for (let at = start; at < html.length; at++) {
    const unit = html.charCodeAt(at);
    if (quote !== 0) {
      if (unit === quote) quote = 0;
    } else if (unit === 0x3e) {
      return at + 1;
    } else if ((unit === 0x22 || unit === 0x27) && html.charCodeAt(at - 1) === 0x3d) {
      quote = unit;
    }
  }
  return html.length;
}

function endOfRaw(html: string, start: number, name: string): number {
  for (let at = html.indexOf("</", start); at >= 0; at = html.indexOf("</", at + 2)) {
    if (html.slice(at + 2, at + 2 + name.length).toLowerCase() === name) return at;
  }
  return html.length;
}
