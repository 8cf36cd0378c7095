import { distance } from "fastest-levenshtein";

/**
 * The candidate that was probably meant, if one stands out. Case, `-` and `_` do not count
 * (`min_width_pixels`), nor does the order of words (`blur-filter`); slips of the pen and names
 * that leave words out (`resize`, `minVariance`) are found.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = wordsOf(name);
  let best: { readonly candidate: string; readonly cost: number } | undefined;
  let isTied = false;
  for (const candidate of candidates) {
    const cost = costOf(wanted, wordsOf(candidate));
    if (cost === undefined) continue;
    if (best === undefined || cost < best.cost) {
      best = { candidate, cost };
      isTied = false;
    } else if (cost === best.cost) {
      isTied = true;
    }
  }
  return isTied ? undefined : best?.candidate;
}

function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function sorted(text: string): string {
  return [...text].sort().join("");
}

/** 0 = the same words; undefined = not alike. */
function costOf(wanted: readonly string[], offered: readonly string[]): number | undefined {
  const wantedText = wanted.join("");
  const offeredText = offered.join("");
  const edits = distance(wantedText, offeredText);
  if (edits === 0) return 0;
  if (edits === 2 && sorted(wantedText) === sorted(offeredText)) return 0.9;
  if ([...wanted].sort().join(" ") === [...offered].sort().join(" ")) return 0.5;
  if (edits <= Math.max(1, Math.floor(Math.min(wantedText.length, offeredText.length) / 3))) return edits;
  const [fewer, more] = wanted.length < offered.length ? [wanted, offered] : [offered, wanted];
  const isAbridged = fewer.join("").length >= 4 && fewer.every((word) => more.includes(word));
  return isAbridged ? 100 : undefined;
}
