/**
 * Puts keys that come in the order of their UTF-8 bytes, as S3 lists them, into the order of their UTF-16 code
 * units. The two differ in one thing only: characters outside of the basic plane stand before U+E000 to U+FFFF in the
 * second and behind them in the first. Only keys that share everything before their first such character are held
 * back, until the last of them has come; memory grows with their number. No page that comes out is empty.
 */
export async function* inCodeUnitOrder<Item extends { readonly key: string }>(
  pages: AsyncIterable<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  let held: Item[] = [];
  let shared = "";
  for await (const page of pages) {
    const ordered: Item[] = [];
    for (const item of page) {
      const at = firstHighUnit(item.key);
      if (held.length > 0 && (at !== shared.length || !item.key.startsWith(shared))) {
        for (const one of held.sort(byCodeUnits)) ordered.push(one);
        held = [];
      }
      if (at === item.key.length) ordered.push(item);
      else {
        if (held.length === 0) shared = item.key.slice(0, at);
        held.push(item);
      }
    }
    if (ordered.length > 0) yield ordered;
  }
  if (held.length > 0) yield held.sort(byCodeUnits);
}

function byCodeUnits(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** Where the first code unit from U+D800 on stands; the length when there is none. */
function firstHighUnit(key: string): number {
  for (let at = 0; at < key.length; at++) if (key.charCodeAt(at) >= 0xd800) return at;
  return key.length;
}
